import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import type { Application } from '@wsgi/wsgi';
import { exchange, RawClient } from '../raw-client.ts';
import { served, timeouts, type Served } from './serve.ts';

const HEAD = 'Host: a\r\n';
const NEVER = new Promise<never>(() => {});
const PIECE_BYTES = 65_536;
const LARGE_BYTES = 64 * 1024 * 1024;

/** `/silent` never answers, `/stream` without end, `/large` at once with more than buffers take. */
const application: Application = async ({ PATH_INFO: path }, startResponse) => {
  if (path === '/silent') await NEVER;
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  if (path === '/large') return [Buffer.alloc(LARGE_BYTES, 'x')];
  if (path !== '/stream') return [Buffer.from('fine')];
  return (async function* () {
    for (;;) yield Buffer.alloc(PIECE_BYTES, 'x');
  })();
};

async function inFlight({ server }: Served): Promise<void> {
  await expect.poll(() => server.takeMetrics().requestsInFlight).toBe(1);
}

/** A client that has the beginning of a response, and takes no more. */
async function stalled(path: string) {
  const server = await served(application);
  const client = await RawClient.connect(server.port);
  client.send(`GET ${path} HTTP/1.1\r\n${HEAD}\r\n`);
  await client.until(/x/);
  client.socket.pause();
  await inFlight(server);
  return { server, client };
}

test('a client that leaves a view that never answers is told of at once, and counts no more', async () => {
  const server = await served(application, {
    ...timeouts({}),
    overload: { requestsInFlight: 1, loopDelayMs: Infinity },
  });
  const client = await RawClient.connect(server.port);
  client.send(`GET /silent HTTP/1.1\r\n${HEAD}\r\n`);
  await inFlight(server);
  client.close();
  await expect.poll(() => server.access).toMatchObject([{ target: '/silent', status: 499 }]);
  expect(server.server.takeMetrics()).toMatchObject({
    requestsInFlight: 0,
    // The application is still at it.
    oldestRequests: [{ method: 'GET', target: '/silent', client_left: true }],
  });
  expect(await exchange(server.port, `GET /fine HTTP/1.0\r\n\r\n`)).toMatch(/ 200 OK[^]*fine$/);
});

test('one that the application finishes after its client left is told of once, and drained for', async () => {
  const answer = Promise.withResolvers<void>();
  const server = await served(async (environ, startResponse) => {
    await answer.promise;
    return application(environ, startResponse);
  });
  const client = await RawClient.connect(server.port);
  client.send(`GET / HTTP/1.1\r\n${HEAD}\r\n`);
  await inFlight(server);
  client.close();
  await expect.poll(() => server.access).toHaveLength(1);
  const drained = server.server.drain();
  let isDrained = false;
  void drained.then(() => (isDrained = true));
  const tryToConnect = () => RawClient.connect(server.port).then((other) => other.close(), String);
  await expect.poll(tryToConnect).toMatch(/ECONNREFUSED/);
  expect(isDrained).toBe(false);
  answer.resolve();
  await drained;
  expect(server.access).toMatchObject([{ status: 499 }]);
});

test('a view that never answers is given up at its timeout also where its client left', async () => {
  const server = await served(application, timeouts({ requestMs: 1000 }));
  const client = await RawClient.connect(server.port);
  client.send(`GET /silent HTTP/1.1\r\n${HEAD}\r\n`);
  await inFlight(server);
  client.close();
  await expect.poll(() => server.log).toMatchObject([{ target: '/silent', client_left: true }]);
  expect(server.server.takeMetrics()).toMatchObject({ connections: 0, oldestRequests: [] });
  expect(server.access).toMatchObject([{ status: 499 }]);
});

test.for(['/stream', '/large'])(
  'a client that leaves in the middle of a response is told of with 499 and the bytes sent: %s',
  async (path) => {
    const { server, client } = await stalled(path);
    await expect.poll(() => server.server.requestsInFlight()).toHaveLength(1);
    const takenBytes = client.socket.bytesRead;
    client.socket.resetAndDestroy();
    await expect.poll(() => server.access).toMatchObject([{ target: path, status: 499 }]);
    const bytes = Number(server.access[0]?.['bytes']);
    // Beside what the client took there is what waits in the buffers of two sockets.
    expect(bytes).toBeGreaterThanOrEqual(takenBytes - 1000);
    expect(bytes).toBeLessThan(LARGE_BYTES / 2);
  },
);

test('a large response is told of once the client has taken it', async () => {
  const { server, client } = await stalled('/large');
  expect(server.access).toEqual([]);
  client.socket.resume();
  await expect.poll(() => server.access).toMatchObject([{ status: 200, bytes: LARGE_BYTES }]);
  client.close();
});

test('a client that closes its side while the application works has gone away', async () => {
  const server = await served(application);
  const client = await RawClient.connect(server.port);
  client.send(`GET /silent HTTP/1.1\r\n${HEAD}\r\n`);
  await inFlight(server);
  client.socket.end();
  expect(await client.untilClosed()).toBe('');
  expect(server.access).toMatchObject([{ status: 499 }]);
});

test('one that closes its side after the response was made gets all of it', async () => {
  const { server, client } = await stalled('/large');
  client.socket.end();
  await once(client.socket, 'finish');
  client.socket.resume();
  await client.untilClosed();
  expect(client.socket.bytesRead).toBeGreaterThan(LARGE_BYTES);
  await expect.poll(() => server.access).toMatchObject([{ status: 200, bytes: LARGE_BYTES }]);
});

test('a request whose connection was reset before it was accepted is not served to nobody', async () => {
  const { port, server, access } = await served(application);
  const client = `
    const socket = require('node:net').connect(${port}, '127.0.0.1', () => {
      socket.write('GET /fine HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n', () => socket.resetAndDestroy());
    });`;
  // The event loop, which would accept it, is blocked meanwhile.
  expect(spawnSync(process.execPath, ['-e', client]).status).toBe(0);
  await exchange(port, `GET /fine HTTP/1.0\r\n\r\n`);
  await expect.poll(() => server.takeMetrics().connections).toBe(0);
  expect(access).toMatchObject([{ remote_addr: '127.0.0.1', protocol: 'HTTP/1.0', status: 200 }]);
});
