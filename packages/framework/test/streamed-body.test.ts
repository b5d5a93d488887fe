import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { conditionalGet } from '../src/middleware/conditional-get.ts';
import { HttpResponse, type Chunks } from '../src/response.ts';
import { path } from '../src/urls/path.ts';
import { serveProject } from './serve.ts';

function bodyOf(source: Chunks) {
  return new HttpResponse(source).body as AsyncIterable<Uint8Array> & { close(): Promise<void> };
}

test('a stream that nobody has begun to read is destroyed', async () => {
  const source = Readable.from(['a']);
  await bodyOf(source).close();
  expect(source.destroyed).toBe(true);
});

test('a stream that is waited for is destroyed', async () => {
  const source = new Readable({ read() {} });
  const body = bodyOf(source);
  const waiting = expect(body[Symbol.asyncIterator]().next()).rejects.toThrow('Premature close');
  await body.close();
  expect(source.destroyed).toBe(true);
  await waiting;
});

test('closing does not wait for a source that waits for ever itself', async () => {
  async function* source() {
    yield await new Promise<never>(() => {});
  }
  const body = bodyOf(source());
  void body[Symbol.asyncIterator]().next();
  await expect(body.close()).resolves.toBeUndefined();
});

test('a file that is not there disturbs nobody once it is not wanted', async () => {
  const source = createReadStream('/nowhere');
  await bodyOf(source).close();
  await new Promise((resolve) => source.once('close', resolve));
});

test('a web stream is cancelled', async () => {
  const cancel = vi.fn<() => void>();
  await bodyOf(new ReadableStream<string>({ cancel })).close();
  expect(cancel).toHaveBeenCalledOnce();
});

test('an iterator is returned', async () => {
  const end = vi.fn<() => Promise<IteratorReturnResult<undefined>>>(() =>
    Promise.resolve({ done: true, value: undefined }),
  );
  const source = { [Symbol.asyncIterator]: () => source, next: end, return: end };
  await bodyOf(source).close();
  expect(end).toHaveBeenCalledOnce();
});

test.for<[what: string, source: () => AsyncIterable<string> | Iterable<string>]>([
  ['a stream', () => Readable.from(['a', 'b'])],
  ['a web stream', () => new Blob(['ab']).stream().pipeThrough(new TextDecoderStream())],
  ['a generator', () => ['a', 'b'].values()],
  ['a list', () => ['a', 'b']],
])('closing %s that was read to its end is harmless', async ([, source]) => {
  const body = bodyOf(source());
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  await body.close();
  await turn();
  expect(Buffer.concat(pieces).toString()).toBe('ab');
});

test.for<[what: string, method: string, headers: Record<string, string>]>([
  ['a 304', 'GET', { 'If-None-Match': '"own"' }],
  ['the answer to HEAD', 'HEAD', {}],
  ['the whole', 'GET', {}],
])('%s ends the stream of the view', async ([, method, headers]) => {
  const source = Readable.from(['content']);
  const { get } = await serveProject({
    urlpatterns: [path('', () => new HttpResponse(source, { headers: { ETag: '"own"' } }))],
    middleware: [conditionalGet],
  });
  await get('/', { method, headers });
  await vi.waitFor(() => expect(source.destroyed).toBe(true));
});

test('a client that leaves before the view answers ends its stream', async () => {
  const source = new Readable({ read() {} });
  const reached = Promise.withResolvers<void>();
  const { port } = await serveProject({
    urlpatterns: [
      path('', async ({ signal }) => {
        reached.resolve();
        await once(signal, 'abort');
        return new HttpResponse(source);
      }),
    ],
  });
  const outgoing = httpRequest({ port, host: '127.0.0.1' }).end();
  outgoing.on('error', () => {});
  await reached.promise;
  outgoing.destroy();
  await vi.waitFor(() => expect(source.destroyed).toBe(true));
});
