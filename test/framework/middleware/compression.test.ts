import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, createBrotliDecompress, createGunzip, gunzipSync } from 'node:zlib';
import { expect, test, vi } from 'vitest';
import { compression } from '../../../src/framework/middleware/compression.ts';
import { conditionalGet } from '../../../src/framework/middleware/conditional-get.ts';
import { HttpResponse } from '../../../src/framework/response.ts';
import type { ResponseInit } from '../../../src/framework/response.ts';
import { path } from '../../../src/framework/urls/path.ts';
import type { View } from '../../../src/framework/urls/path.ts';
import { serveProject } from '../serve.ts';

const TEXT = 'a line of text that comes again and again\n'.repeat(100);

async function ask(view: View, headers: Record<string, string>): Promise<IncomingMessage> {
  const { port } = await serveProject({
    urlpatterns: [path('', view)],
    middleware: [compression, conditionalGet],
  });
  const outgoing = httpRequest({ port, host: '127.0.0.1', agent: false, headers }).end();
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
  ['a part', TEXT, { status: 206 }],
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

test('a Vary that is there is added to', async () => {
  const view = () => new HttpResponse(TEXT, { headers: { Vary: 'Cookie' } });
  expect((await ask(view, {})).resume().headers.vary).toBe('Cookie, Accept-Encoding');
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
