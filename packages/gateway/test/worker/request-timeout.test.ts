import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Application } from '@wsgi/wsgi';
import { exchange, RawClient } from '../raw-client.ts';
import { served, timeouts } from './serve.ts';

const HEAD = 'Host: a\r\n';
const CLOSE = 'Connection: close\r\n\r\n';
const REQUEST_MS = 1000;
const LARGE_BYTES = 16 * 1024 * 1024;

/**
 * `/silent` never answers, `/stalls` after a piece, `/steady` sends a piece now and then for longer than
 * the timeout, `/large` is more than buffers take, `/read` gives the body back.
 */
const application: Application = async (environ, startResponse) => {
  const { PATH_INFO: path } = environ;
  if (path === '/silent') await new Promise(() => {});
  const body = path === '/read' ? await environ['wsgi.input'].read() : Buffer.alloc(0);
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  if (path === '/read') return [body];
  if (path === '/large') return [Buffer.alloc(LARGE_BYTES, 'x'), Buffer.from('end')];
  return (async function* () {
    for (let piece = 1; piece <= 8; piece++) {
      yield Buffer.from(`piece ${piece};`);
      await (path === '/stalls' ? new Promise(() => {}) : setTimeout(REQUEST_MS / 3));
    }
  })();
};

test('a view that never answers gets 503, and a line in the log', async () => {
  const { port, log, access } = await served(application, timeouts({ requestMs: REQUEST_MS }));
  expect(await exchange(port, `GET /silent HTTP/1.1\r\n${HEAD}\r\n`)).toMatch(/^HTTP\/1\.1 503 /);
  expect(log).toMatchObject([{ target: '/silent', msg: expect.stringContaining('too long') }]);
  expect(access).toMatchObject([{ target: '/silent', status: 503 }]);
});

test('a response that stops in its middle is cut off', async () => {
  const { port, log } = await served(application, timeouts({ requestMs: REQUEST_MS }));
  const received = await exchange(port, `GET /stalls HTTP/1.1\r\n${HEAD}\r\n`);
  expect(received).toMatch(/piece 1;\r\n$/);
  expect(log).toMatchObject([{ target: '/stalls' }]);
});

test('a stream that goes on may take longer than the timeout', async () => {
  const { port, log } = await served(application, timeouts({ requestMs: REQUEST_MS }));
  const received = await exchange(port, `GET /steady HTTP/1.1\r\n${HEAD}${CLOSE}`);
  expect(received).toMatch(/piece 8;\r\n0\r\n\r\n$/);
  expect(log).toEqual([]);
});

test("the time that a client takes to read is not the application's", async () => {
  const { port, log } = await served(application, timeouts({ requestMs: REQUEST_MS }));
  const client = await RawClient.connect(port);
  client.socket.pause();
  client.send(`GET /large HTTP/1.1\r\n${HEAD}${CLOSE}`);
  await setTimeout(3 * REQUEST_MS);
  client.socket.resume();
  expect((await client.untilClosed()).slice(-20)).toMatch(/end\r\n0\r\n\r\n$/);
  expect(log).toEqual([]);
});

test('nor is the time that it takes to send a body', async () => {
  const { port, log } = await served(application, timeouts({ requestMs: REQUEST_MS }));
  const client = await RawClient.connect(port);
  client.send(`POST /read HTTP/1.1\r\n${HEAD}Content-Length: 8\r\n${CLOSE}`);
  for (const octet of 'slowbody') {
    client.send(octet);
    await setTimeout(REQUEST_MS / 3);
  }
  expect(await client.untilClosed()).toMatch(/slowbody$/);
  expect(log).toEqual([]);
});
