import { once } from 'node:events';
import { BoundSocket, connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Service } from '../../src/worker/service.ts';
import type { Application } from '@wsgi/wsgi';
import { temporaryFolder } from '../../../wsgi/test/temporary-folder.ts';
import { exchange, RawClient } from '../raw-client.ts';
import { served, timeouts, type Served } from './serve.ts';

const TEXT: [string, string][] = [['Content-Type', 'text/plain']];
const HEAD = 'Host: a\r\n';
const NEVER = new Promise<never>(() => {});

/** `/fail` and `/hang` begin a response; `/silent` does not; `/large` is more than buffers take. */
const application: Application = async ({ PATH_INFO: path }, startResponse) => {
  if (path === '/silent') await NEVER;
  startResponse('200 OK', TEXT);
  if (path === '/large') return [Buffer.alloc(8 * 1024 * 1024, 'x')];
  if (path === '/fine') return [Buffer.from('fine')];
  return (async function* () {
    yield Buffer.from('begin;');
    if (path === '/hang') await NEVER;
    throw new Error('planted');
  })();
};

async function unixClient({ server }: Served): Promise<RawClient> {
  const path = join(temporaryFolder(), 'socket');
  // The types of Node do not know this form yet.
  const socket = new BoundSocket({ path } as object);
  await server.listen(socket, { kind: 'unix', path }, 511);
  const client = connect({ path });
  await once(client, 'connect');
  return new RawClient(client);
}

test.for(['HTTP/1.0', 'HTTP/1.1'])(
  'on a unix socket too a response that fails is cut off: %s',
  async (protocol) => {
    const client = await unixClient(await served(application));
    client.send(`GET /fail ${protocol}\r\n${HEAD}\r\n`);
    expect(await client.untilClosed()).toMatch(/begin;(?:\r\n)?$/);
  },
);

test('on a unix socket too a request that takes too long is cut off, and no other', async () => {
  const server = await served(application, timeouts({ requestMs: 300 }));
  const client = await unixClient(server);
  client.send(`GET /hang HTTP/1.0\r\n${HEAD}\r\n`);
  await client.untilClosed();
  expect(await exchange(server.port, `GET /silent HTTP/1.1\r\n${HEAD}\r\n`)).toMatch(/ 503 /);
});

test('to HTTP/1.0 a reset tells that a response is incomplete', async () => {
  const { port } = await served(application);
  const client = await RawClient.connect(port);
  const errors: string[] = [];
  client.socket.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code ?? ''));
  client.send('GET /fail HTTP/1.0\r\n\r\n');
  await client.untilClosed();
  expect(errors).toEqual(['ECONNRESET']);
});

test('to HTTP/1.0 too a connection just ends where the length tells that a response is incomplete', async () => {
  const { port } = await served((_, startResponse) => {
    startResponse('200 OK', [...TEXT, ['Content-Length', '9']]);
    return (async function* () {
      yield Buffer.from('begin;');
      throw new Error('planted');
    })();
  });
  const client = await RawClient.connect(port);
  const errors: unknown[] = [];
  client.socket.on('error', (error) => errors.push(error));
  client.send('GET / HTTP/1.0\r\n\r\n');
  expect(await client.untilClosed()).toMatch(/begin;$/);
  expect(errors).toEqual([]);
});

test('a response that fails takes nothing away of the one before it', async () => {
  const { port, access } = await served(application);
  const client = await RawClient.connect(port);
  client.send(`GET /large HTTP/1.1\r\n${HEAD}\r\nGET /fail HTTP/1.1\r\n${HEAD}\r\n`);
  client.socket.on('data', () => {
    client.socket.pause();
    void setTimeout(5).then(() => client.socket.resume());
  });
  await client.untilClosed();
  expect(access).toHaveLength(2);
  expect(client.received.slice(-20)).toMatch(/begin;\r\n$/);
});

test('the 503 of a HEAD request that takes too long has no content', async () => {
  const { port, access } = await served(application, timeouts({ requestMs: 300 }));
  const received = await exchange(port, `HEAD /silent HTTP/1.1\r\n${HEAD}\r\n`);
  expect(received).toMatch(/^HTTP\/1\.1 503 [^]*Content-Length: 20\r\n[^]*\r\n\r\n$/);
  expect(access).toMatchObject([{ status: 503, bytes: 0 }]);
});

test('a refusal of a HEAD request has no content', async () => {
  const { port } = await served(application);
  const received = await exchange(port, `HEAD /fine HTTP/1.1\r\n${HEAD}oops\r\n\r\n`);
  expect(received).toMatch(/^HTTP\/1\.1 400 [^]*Content-Length: \d+\r\n[^]*\r\n\r\n$/);
});

test('a signal that is asked for after the response is not aborted', async () => {
  const late = Promise.withResolvers<AbortSignal | undefined>();
  const { port } = await served((environ, startResponse) => {
    setImmediate(() => late.resolve(environ['gateway.signal']?.()));
    startResponse('200 OK', TEXT);
    return [Buffer.from('fine')];
  });
  const client = await RawClient.connect(port);
  client.send(`GET / HTTP/1.1\r\n${HEAD}\r\n`);
  await client.until(/fine$/);
  expect((await late.promise)?.aborted).toBe(false);
  client.close();
});

test('where the deadlines of one connection cannot be kept, those of the others are', async () => {
  const faults: string[] = [];
  const log = {
    error(_: object, message: string) {
      faults.push(message);
      if (/too long/.test(message)) throw new Error('planted');
    },
  };
  const { port } = await served(application, {
    ...timeouts({ requestMs: 300 }),
    log: log as unknown as Service['log'],
  });
  const request = `GET /silent HTTP/1.1\r\n${HEAD}\r\n`;
  await Promise.all([exchange(port, request), exchange(port, request)]);
  expect(faults).toContain('the deadlines of a connection could not be kept');
});
