import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Application } from '@wsgi/wsgi';
import { RawClient } from '../raw-client.ts';
import { served, timeouts } from './serve.ts';

/** More than the buffers of two sockets take. */
const SIZE_BYTES = 16 * 1024 * 1024;
/** Three sweeps of the deadlines, at the least. */
const PAUSE_MS = 1600;
const HEAD = 'Host: a\r\n';

const large: Application = (environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return [environ.PATH_INFO === '/small' ? Buffer.from('small') : Buffer.alloc(SIZE_BYTES, 'x')];
};

/** A client that does not read yet. */
async function pausedClient(port: number, text: string): Promise<RawClient> {
  const client = await RawClient.connect(port);
  client.socket.pause();
  client.send(text);
  return client;
}

test.for<[name: string, request: string, idle: Parameters<typeof timeouts>[0], end: RegExp]>([
  ['the end of keep-alive', `GET / HTTP/1.1\r\n${HEAD}\r\n`, { idleMs: 300 }, /x$/],
  [
    'the time for the head that waits behind it',
    `GET / HTTP/1.1\r\n${HEAD}\r\nGET /small HTTP/1.1\r\n${HEAD}Connection: close\r\n\r\n`,
    { headerMs: 300 },
    /HTTP\/1\.1 200 OK[^]*small$/,
  ],
  [
    'the time for a body that nobody reads',
    `POST / HTTP/1.1\r\n${HEAD}Content-Length: 9\r\n\r\nabc`,
    { bodyMs: 300 },
    /x$/,
  ],
])('%s does not cut a response that is still on its way', async ([, request, times, end]) => {
  const { port } = await served(large, timeouts(times));
  const client = await pausedClient(port, request);
  await setTimeout(PAUSE_MS);
  client.socket.resume();
  await client.untilClosed();
  expect(client.socket.bytesRead).toBeGreaterThan(SIZE_BYTES);
  expect(client.received.slice(-300)).toMatch(end);
});

test('a draining server does not cut a response that is still on its way', async () => {
  const { port, server, access } = await served(large);
  const client = await pausedClient(port, `GET / HTTP/1.1\r\n${HEAD}\r\n`);
  await expect.poll(() => server.requestsInFlight()).toHaveLength(1);
  const drained = server.drain();
  // Longer than an idle connection is left open.
  await setTimeout(3000);
  expect(access).toEqual([]);
  client.socket.resume();
  await client.untilClosed();
  expect(client.socket.bytesRead).toBeGreaterThan(SIZE_BYTES);
  await drained;
});

test.for([
  ['keep-alive', ''],
  ['Connection: close', 'Connection: close\r\n'],
])(
  'a client that takes nothing of its response is cut off, whatever it sends meanwhile: %s',
  async ([, field]) => {
    const { port, server } = await served(large, timeouts({ sendMs: 300 }));
    const client = await pausedClient(port, `GET / HTTP/1.1\r\n${HEAD}${field}\r\n`);
    const sending = setInterval(() => client.send('x'), 50);
    await expect.poll(() => server.takeMetrics().connections, { timeout: 5000 }).toBe(0);
    clearInterval(sending);
    client.close();
  },
);

test('writes that do not wait for each other all come to an end', async () => {
  const { port } = await served(async (_, startResponse) => {
    const write = startResponse('200 OK', [['Content-Type', 'text/plain']]);
    await Promise.all(['a', 'b', 'c'].map((letter) => write(Buffer.alloc(500_000, letter))));
    return [];
  });
  const client = await RawClient.connect(port);
  client.send(`GET / HTTP/1.1\r\n${HEAD}\r\n`);
  expect(await client.until(/\r\n0\r\n\r\n$/)).toMatch(/a{500000}\r\n.*\r\nb{500000}/);
  client.close();
});

test('writes that do not wait for each other all end where the client leaves', async () => {
  const called = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const { port } = await served(async (_, startResponse) => {
    const write = startResponse('200 OK', [['Content-Type', 'text/plain']]);
    const writes = ['a', 'b'].map((letter) => write(Buffer.alloc(SIZE_BYTES, letter)));
    called.resolve();
    await Promise.all(writes);
    ended.resolve();
    return [];
  });
  const client = await pausedClient(port, `GET / HTTP/1.1\r\n${HEAD}\r\n`);
  await called.promise;
  client.close();
  await ended.promise;
});

test('a connection that becomes idle while the server drains stays open for a while', async () => {
  const end = Promise.withResolvers<void>();
  const { port, server } = await served((_, startResponse) => {
    startResponse('200 OK', [['Content-Type', 'text/plain']]);
    return (async function* () {
      yield Buffer.from('begin;');
      await end.promise;
    })();
  });
  const client = await RawClient.connect(port);
  client.send(`GET / HTTP/1.1\r\n${HEAD}\r\n`);
  await client.until(/begin;/);
  const drained = server.drain();
  await setTimeout(2600);
  end.resolve();
  await client.until(/\r\n0\r\n\r\n$/);
  await setTimeout(1000);
  client.send(`GET / HTTP/1.1\r\n${HEAD}\r\n`);
  expect(await client.untilClosed()).toMatch(/Connection: close[^]*\r\n0\r\n\r\n$/);
  await drained;
});

const readAll: Application = async (environ, startResponse) => {
  const body = await environ['wsgi.input'].read();
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return [Buffer.from(`${body.length} bytes`)];
};

/** Sends a body of 30 pieces, one each 100 ms, as long as there is no answer. */
async function sendSlowly(port: number, pieceBytes: number): Promise<RawClient> {
  const client = await RawClient.connect(port);
  const length = 30 * pieceBytes;
  client.send(`POST / HTTP/1.1\r\n${HEAD}Content-Length: ${length}\r\n`);
  client.send('Connection: close\r\n\r\n');
  for (let piece = 0; piece < 30 && client.received === ''; piece++) {
    await setTimeout(100);
    client.send('x'.repeat(pieceBytes));
  }
  return client;
}

test('a body that comes drop by drop is answered with 408', async () => {
  const { port } = await served(readAll, timeouts({ bodyMs: 1000 }));
  const client = await sendSlowly(port, 1);
  expect(await client.untilClosed()).toMatch(/^HTTP\/1\.1 408 /);
});

test('a body that comes slowly but steadily is read to its end', async () => {
  const { port } = await served(readAll, timeouts({ bodyMs: 1000 }));
  const client = await sendSlowly(port, 200);
  expect(await client.untilClosed()).toMatch(/ 200 OK[^]*6000 bytes$/);
});

test('a draining server does not wait for the rest of a body whose request was answered', async () => {
  const { port, server } = await served(large, timeouts({}));
  const client = await RawClient.connect(port);
  client.send(`POST /small HTTP/1.1\r\n${HEAD}Content-Length: 9\r\n\r\nabc`);
  await client.until(/small$/);
  await server.drain();
  await client.untilClosed();
});

test('a connection that may not stay open is closed at once, and says so', async () => {
  const { port } = await served(large, timeouts({ idleMs: 0 }));
  const client = await RawClient.connect(port);
  client.send(`GET /small HTTP/1.1\r\n${HEAD}\r\n`);
  expect(await client.untilClosed()).toMatch(/Connection: close[^]*small$/);
});
