import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, createBrotliDecompress, createGunzip, gunzipSync } from 'node:zlib';
import { expect, test, vi } from 'vitest';
import { respondWith } from '../../src/files/representation.ts';
import { compression } from '../../src/middleware/compression.ts';
import { conditionalGet } from '../../src/middleware/conditional-get.ts';
import { HttpResponse, type ResponseInit } from '../../src/response.ts';
import { path, type View } from '../../src/urls/path.ts';
import { serveProject } from '../serve.ts';

const TEXT = 'a line of text that comes again and again\n'.repeat(100);

async function ask(
  view: View,
  headers: Record<string, string>,
  method = 'GET',
): Promise<IncomingMessage> {
  const { port } = await serveProject({
    urlpatterns: [path('', view)],
    middleware: [compression, conditionalGet],
  });
  const outgoing = httpRequest({ port, host: '127.0.0.1', agent: false, headers, method }).end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return response;
}

const DECODERS = { gzip: gunzipSync, br: brotliDecompressSync, none: (body: Buffer) => body };

test.for<[accepted: string, coding: keyof typeof DECODERS]>([
  ['gzip', 'gzip'],
  ['br', 'br'],
  ['gzip, deflate, br, zstd', 'br'],
  ['br;q=0.5, gzip', 'gzip'],
  ['gzip;q=0', 'none'],
  ['identity', 'none'],
  ['', 'none'],
])('Accept-Encoding: %s gets %s', async ([accepted, coding]) => {
  for (const content of [TEXT, [TEXT]]) {
    const response = await ask(() => new HttpResponse(content), { 'Accept-Encoding': accepted });
    const body = await buffer(response);
    expect(response.headers['content-encoding'] ?? 'none').toBe(coding);
    expect(response.headers.vary).toBe('Accept-Encoding');
    expect(DECODERS[coding](body).toString()).toBe(TEXT);
  }
});

test('what is whole has the length of what is sent', async () => {
  const response = await ask(() => new HttpResponse(TEXT), { 'Accept-Encoding': 'gzip' });
  expect(response.headers['content-length']).toBe(String((await buffer(response)).length));
});

test('a file, whose length is known before, arrives whole', async () => {
  const response = await ask(fileView('text/plain'), { 'Accept-Encoding': 'gzip' });
  expect(gunzipSync(await buffer(response)).toString()).toBe(TEXT);
});

test('a body of several pieces arrives whole', async () => {
  const view = () =>
    Object.assign(new HttpResponse([]), { body: [Buffer.from(TEXT), Buffer.from(TEXT)] });
  const response = await ask(view, { 'Accept-Encoding': 'gzip' });
  expect(gunzipSync(await buffer(response)).toString()).toBe(TEXT + TEXT);
});

test('the body of the view is closed', async () => {
  const close = vi.fn<() => void>();
  const view = () => {
    const response = new HttpResponse([TEXT]);
    response.body = Object.assign(response.body, { close });
    return response;
  };
  await buffer(await ask(view, { 'Accept-Encoding': 'gzip' }));
  await vi.waitFor(() => expect(close).toHaveBeenCalledOnce());
});

test.for<[what: string, content: string | Uint8Array, init: ResponseInit]>([
  ['an image', TEXT, { contentType: 'image/png' }],
  ['a short answer', 'x'.repeat(200), {}],
  ['what is encoded', TEXT, { headers: { 'Content-Encoding': 'zstd' } }],
  ['what must not be changed', TEXT, { headers: { 'Cache-Control': 'private, no-transform' } }],
])('%s is left alone', async ([, content, init]) => {
  const response = await ask(() => new HttpResponse(content, init), { 'Accept-Encoding': 'gzip' });
  expect(response.headers['content-encoding']).toBe(init.headers?.['Content-Encoding']);
  expect(response.headers).not.toHaveProperty('vary');
  expect((await buffer(response)).toString()).toBe(content);
});

test.for([
  'application/json',
  'application/ld+json',
  'image/svg+xml',
  'text/css; charset=utf-8',
  'application/xhtml+xml',
])('%s is text', async (contentType) => {
  const view = () => new HttpResponse(TEXT, { contentType });
  const response = await ask(view, { 'Accept-Encoding': 'gzip' });
  expect(response.headers['content-encoding']).toBe('gzip');
  response.resume();
});

test('an ETag becomes weak, and holds for both', async () => {
  const view = () => new HttpResponse(TEXT);
  const response = await ask(view, { 'Accept-Encoding': 'gzip' });
  const { etag = '' } = response.resume().headers;
  expect(etag).toMatch(/^W\/"/);
  const again = await ask(view, { 'Accept-Encoding': 'gzip', 'If-None-Match': etag });
  expect(again.statusCode).toBe(304);
  expect(again.headers.vary).toBe('Accept-Encoding');
});

test('an ETag that is weak stays as it is', async () => {
  const view = () => new HttpResponse(TEXT, { headers: { ETag: 'W/"own"' } });
  const response = await ask(view, { 'Accept-Encoding': 'gzip' });
  expect(response.resume().headers.etag).toBe('W/"own"');
});

test.for<[what: string, headers: Record<string, string>, etag: string]>([
  ['is weak for a client that has it so', { 'If-None-Match': 'W/"own"' }, 'W/"own"'],
  ['is weak for a client that does not tell', { 'If-None-Match': '*' }, 'W/"own"'],
  ['stays for a client that has it strong', { 'If-None-Match': '"own"' }, '"own"'],
  [
    'stays where nothing is compressed',
    { 'If-None-Match': 'W/"own"', 'Accept-Encoding': '' },
    '"own"',
  ],
])('the ETag of a 304 %s', async ([, headers, etag]) => {
  const view = () => new HttpResponse(TEXT, { headers: { ETag: '"own"' } });
  const response = await ask(view, { 'Accept-Encoding': 'gzip', ...headers });
  expect(response.statusCode).toBe(304);
  expect(response.headers).toMatchObject({ etag, vary: 'Accept-Encoding' });
});

const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';

/** A file of text, or of another type. */
function fileView(contentType: string, content = TEXT): View {
  return (request) =>
    respondWith(request, {
      sizeBytes: content.length,
      contentType,
      etag: '"own"',
      modified: new Date(DATE),
      open: ({ first, last }) => [Buffer.from(content.slice(first, last + 1))],
    });
}

test('HEAD has the headers of GET', async () => {
  for (const view of [fileView('text/plain'), () => new HttpResponse(TEXT)]) {
    const accepted = { 'Accept-Encoding': 'gzip' };
    const got = (await ask(view, accepted)).resume().headers;
    const head = (await ask(view, accepted, 'HEAD')).headers;
    expect(head).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
    for (const name of ['content-encoding', 'content-length', 'etag', 'vary', 'accept-ranges']) {
      expect(head[name]).toBe(got[name]);
    }
  }
});

test('a short file is left alone, also for HEAD', async () => {
  for (const method of ['GET', 'HEAD']) {
    const view = fileView('text/plain', 'short');
    const { headers } = (await ask(view, { 'Accept-Encoding': 'gzip' }, method)).resume();
    expect(headers).toMatchObject({ 'content-length': '5', 'accept-ranges': 'bytes' });
    expect(headers).not.toHaveProperty('content-encoding');
  }
});

test('what is compressed has no ranges, what is not keeps them', async () => {
  const compressed = await ask(fileView('text/plain'), { 'Accept-Encoding': 'gzip' });
  expect(compressed.resume().headers).not.toHaveProperty('accept-ranges');
  const plain = await ask(fileView('text/plain'), { 'Accept-Encoding': 'identity' });
  expect(plain.resume().headers['accept-ranges']).toBe('bytes');
});

test.for([
  ['text/plain', 'Accept-Encoding'],
  ['image/png', undefined],
])('a part of %s is plain, with Vary: %s', async ([contentType = '', vary]) => {
  const headers = { 'Accept-Encoding': 'gzip', Range: 'bytes=0-5', 'If-Range': '"own"' };
  const response = await ask(fileView(contentType), headers);
  expect(response.statusCode).toBe(206);
  expect(response.headers.vary).toBe(vary);
  expect((await buffer(response)).toString()).toBe(TEXT.slice(0, 6));
});

test.for([DATE, 'W/"own"'])('what %s alone stands for does not go on plain', async (ifRange) => {
  const headers = { Range: 'bytes=100-', 'If-Range': ifRange };
  for (const accepted of ['gzip', 'identity']) {
    const view = fileView('text/plain');
    const response = await ask(view, { ...headers, 'Accept-Encoding': accepted });
    expect(response.resume().statusCode).toBe(200);
  }
});

test('what was refused without a body has none that is compressed', async () => {
  const view = () => new HttpResponse(TEXT);
  const response = await ask(view, { 'Accept-Encoding': 'gzip', 'If-Match': '"other"' });
  expect(response.resume().statusCode).toBe(412);
  expect(response.headers).not.toHaveProperty('content-encoding');
});

test.for([
  ['Cookie', 'Cookie, Accept-Encoding'],
  ['Cookie, Accept-Encoding', 'Cookie, Accept-Encoding'],
  ['*', '*'],
])('a Vary: %s becomes %s', async ([given = '', sent]) => {
  const view = () => new HttpResponse(TEXT, { headers: { Vary: given } });
  expect((await ask(view, {})).resume().headers.vary).toBe(sent);
});

test.for([
  ['gzip', createGunzip],
  ['br', createBrotliDecompress],
] as const)(
  'a piece of a stream goes out before the next comes (%s)',
  async ([coding, decoder]) => {
    const held = Promise.withResolvers<void>();
    const view = () =>
      new HttpResponse(
        (async function* () {
          yield 'first';
          await held.promise;
          yield 'second';
        })(),
      );
    const decoded = (await ask(view, { 'Accept-Encoding': coding })).pipe(decoder());
    expect(String((await once(decoded, 'data'))[0])).toBe('first');
    held.resolve();
    expect(String((await once(decoded, 'data'))[0])).toBe('second');
  },
);

test('a stream that fails is cut, not ended', async () => {
  const failure = Promise.withResolvers<never>();
  const view = () =>
    new HttpResponse(
      (async function* () {
        yield TEXT;
        await failure.promise;
      })(),
    );
  const response = await ask(view, { 'Accept-Encoding': 'gzip' });
  await once(response, 'data');
  failure.reject(new Error('in the stream'));
  await expect(buffer(response)).rejects.toThrow('aborted');
});

test('a stream ends when the client goes away', async () => {
  const ended = vi.fn<() => void>();
  const view = () =>
    new HttpResponse(
      (async function* () {
        try {
          for (;;) {
            yield TEXT;
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
        } finally {
          ended();
        }
      })(),
    );
  const response = await ask(view, { 'Accept-Encoding': 'gzip' });
  await once(response, 'data');
  response.destroy();
  await vi.waitFor(() => expect(ended).toHaveBeenCalledOnce());
});
