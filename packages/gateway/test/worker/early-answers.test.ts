import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Application } from '@wsgi/wsgi';
import { RawClient } from '../raw-client.ts';
import { served, timeouts } from './serve.ts';

const MEBIBYTE = 1024 * 1024;
const PIECE_MS = 50;

/** Answers at once, whatever is still to come. */
const tooLarge: Application = (_environ, startResponse) => {
  startResponse('413 Content Too Large', [['Content-Type', 'text/plain']]);
  return [Buffer.from('too large')];
};

/** A client that reads only after it has sent all, as many do, and what became of its connection. */
class Uploader {
  readonly errors: (string | undefined)[] = [];
  readonly client: RawClient;
  sentBytes = 0;

  private constructor(client: RawClient) {
    this.client = client;
    client.socket.pause();
    client.socket.on('error', (error: NodeJS.ErrnoException) => this.errors.push(error.code));
  }

  static async start(port: number, head = 'Content-Length: 1000000000\r\n'): Promise<Uploader> {
    const uploader = new Uploader(await RawClient.connect(port));
    uploader.client.send(`POST / HTTP/1.1\r\nHost: a\r\n${head}\r\n`);
    return uploader;
  }

  /** Sends so many bytes over that time, or until the connection breaks. */
  async send(bytes: number, overMs: number): Promise<void> {
    const pieces = Math.ceil(overMs / PIECE_MS);
    const piece = 'x'.repeat(Math.ceil(bytes / pieces));
    for (let left = pieces; left > 0 && !this.client.socket.destroyed; left--) {
      this.client.send(piece);
      this.sentBytes += piece.length;
      await setTimeout(PIECE_MS);
    }
  }
}

test.for([
  ['of a known length', 'Content-Length: 3000000\r\n'],
  ['over the limit', 'Content-Length: 30000000\r\n'],
  ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n2DC6C0'],
])('an early answer arrives though the upload goes on for seconds: %s', async ([, head]) => {
  const { port } = await served(tooLarge);
  const upload = await Uploader.start(port, head);
  await upload.send(3_000_000, 3000);
  upload.client.socket.resume();
  expect(await upload.client.untilClosed()).toMatch(/^HTTP\/1\.1 413 /);
  expect(upload.errors).toEqual([]);
});

test.for<[limit: string, bytes: number, lingerMs: number]>([
  ['time', 1_000_000, 2000],
  ['bytes', 200 * MEBIBYTE, 60_000],
])('what comes after an early answer is read within a limit of %s', async ([, bytes, lingerMs]) => {
  const { port, server } = await served(tooLarge, timeouts({ lingerMs }));
  const upload = await Uploader.start(port);
  const sending = upload.send(bytes, 10_000);
  await expect.poll(() => server.takeMetrics().connections, { timeout: 8000 }).toBe(0);
  await sending;
  expect(upload.sentBytes).toBeLessThan(bytes);
});

test('a client that stops sending is not waited for', async () => {
  const { port, server } = await served(tooLarge, timeouts({}));
  const upload = await Uploader.start(port);
  await upload.send(1_000_000, 500);
  await expect.poll(() => server.takeMetrics().connections, { timeout: 3000 }).toBe(0);
});

test('a draining server lets an early answer arrive, and does not wait for the end of the upload', async () => {
  const { port, server } = await served(tooLarge, timeouts({}));
  const [short, long] = [await Uploader.start(port), await Uploader.start(port)];
  const sending = long.send(1_000_000, 15_000);
  const startedAtMs = performance.now();
  const drained = server.drain();
  await short.send(1_000_000, 3000);
  short.client.socket.resume();
  expect(await short.client.untilClosed()).toMatch(/^HTTP\/1\.1 413 /);
  expect(short.errors).toEqual([]);
  await drained;
  expect(performance.now() - startedAtMs).toBeLessThan(8000);
  long.client.close();
  await sending;
}, 20_000);
