import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Networks } from '../../src/settings/addresses.ts';
import type { Application, Bytes, InputStream } from '@wsgi/wsgi';
import { exchange, RawClient } from '../raw-client.ts';
import { served, timeouts } from './serve.ts';

const TEXT: [string, string][] = [['Content-Type', 'text/plain']];

const echoPath: Application = (environ, startResponse) => {
  startResponse('200 OK', TEXT);
  return [Buffer.from(`<${environ.PATH_INFO}>`)];
};

const echoBody: Application = async (environ, startResponse) => {
  const body = await environ['wsgi.input'].read();
  startResponse('200 OK', TEXT);
  return [Buffer.concat([Buffer.from('<'), body, Buffer.from('>')])];
};

const HEAD = 'Host: a\r\n';
const CLOSE = 'Connection: close\r\n\r\n';

test('one connection serves one request after the other', async () => {
  const { port } = await served(echoPath);
  const client = await RawClient.connect(port);
  client.send(`GET /1 HTTP/1.1\r\n${HEAD}\r\n`);
  await client.until(/<\/1>/);
  client.send(`GET /2 HTTP/1.1\r\n${HEAD}${CLOSE}`);
  expect(await client.untilClosed()).toMatch(
    /<\/1>HTTP\/1.1 200 OK[^]*Connection: close[^]*<\/2>$/,
  );
});

test('pipelined requests are answered in their order', async () => {
  const { port } = await served(async (environ, startResponse) => {
    await setTimeout(environ.PATH_INFO === '/1' ? 50 : 0);
    return echoPath(environ, startResponse);
  });
  const text = [1, 2, 3].map((n) => `GET /${n} HTTP/1.1\r\n${HEAD}\r\n`).join('');
  const received = await exchange(port, `${text}GET /4 HTTP/1.1\r\n${HEAD}${CLOSE}`);
  expect(received.match(/<[^>]+>/g)).toEqual(['</1>', '</2>', '</3>', '</4>']);
});

test('thousands of pipelined requests do not exhaust the stack', async () => {
  const { port } = await served(echoPath);
  const text = `GET / HTTP/1.1\r\n${HEAD}\r\n`.repeat(5000);
  const received = await exchange(port, `${text}GET /last HTTP/1.1\r\n${HEAD}${CLOSE}`);
  expect(received.match(/<\/>/g)).toHaveLength(5000);
  expect(received).toMatch(/<\/last>$/);
});

test('a client that pipelines without end is read no further than it is served', async () => {
  let requests = 0;
  const { port } = await served(async (environ, startResponse) => {
    await setTimeout(1);
    requests += 1;
    return echoPath(environ, startResponse);
  });
  const accepted = nextAccepted();
  const client = await RawClient.connect(port);
  const { handle } = await accepted;
  client.send(`GET / HTTP/1.1\r\n${HEAD}\r\n`.repeat(500_000));
  await expect.poll(() => requests).toBeGreaterThan(50);
  expect(handle.bytesRead).toBeLessThan(4 * 65_536);
  client.close();
});

interface Handle {
  readonly bytesRead: number;
}

/** The system's side of the next connection that is accepted in this process. */
function nextAccepted(): Promise<{ handle: Handle }> {
  return new Promise((resolve) => {
    const onSocket = (message: unknown): void => {
      unsubscribe('net.server.socket', onSocket);
      const { _handle: handle } = (message as { socket: { _handle: Handle } }).socket;
      resolve({ handle });
    };
    subscribe('net.server.socket', onSocket);
  });
}

test('HTTP/1.0 closes unless it asks for keep-alive', async () => {
  const { port } = await served(echoPath);
  expect(await exchange(port, 'GET /a HTTP/1.0\r\n\r\n')).toContain('Connection: close');
  const client = await RawClient.connect(port);
  client.send('GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
  expect(await client.until(/<\/a>/)).toContain('Connection: keep-alive');
  client.close();
});

test('a body that the application leaves unread is not taken for a request', async () => {
  const { port } = await served(echoPath);
  const smuggled = `GET /smuggled HTTP/1.1\r\n${HEAD}\r\n`;
  const post = `POST /post HTTP/1.1\r\n${HEAD}Content-Length: ${smuggled.length}\r\n\r\n${smuggled}`;
  const received = await exchange(port, `${post}GET /next HTTP/1.1\r\n${HEAD}${CLOSE}`);
  expect(received.match(/<[^>]+>/g)).toEqual(['</post>', '</next>']);
});

test('an unread body of over 64 KiB closes the connection', async () => {
  const { port } = await served(echoPath);
  const post = `POST /post HTTP/1.1\r\n${HEAD}Content-Length: 200000\r\n\r\n${'x'.repeat(200_000)}`;
  const received = await exchange(port, `${post}GET /next HTTP/1.1\r\n${HEAD}${CLOSE}`);
  expect(received.match(/<[^>]+>/g)).toEqual(['</post>']);
});

test('100 Continue is sent when the application reads, and not before', async () => {
  const { port } = await served(async (environ, startResponse) =>
    environ.PATH_INFO === '/read'
      ? echoBody(environ, startResponse)
      : echoPath(environ, startResponse),
  );
  const client = await RawClient.connect(port);
  const fields = `${HEAD}Content-Length: 3\r\nExpect: 100-continue\r\n\r\n`;
  client.send(`POST /read HTTP/1.1\r\n${fields}`);
  await client.until(/^HTTP\/1.1 100 Continue\r\n\r\n$/);
  client.send('abc');
  await client.until(/<abc>/);
  client.close();

  const refused = await exchange(port, `POST /no HTTP/1.1\r\n${fields}`);
  expect(refused).toMatch(/^HTTP\/1.1 200 OK[^]*Connection: close/);
});

test('100 Continue does not come into the middle of a response', async () => {
  const { port } = await served((environ, startResponse) => {
    startResponse('200 OK', TEXT);
    return (async function* () {
      yield Buffer.from('begin;');
      yield await environ['wsgi.input'].read();
    })();
  });
  const client = await RawClient.connect(port);
  client.send(`POST / HTTP/1.1\r\n${HEAD}Content-Length: 3\r\nExpect: 100-continue\r\n\r\n`);
  await client.until(/begin;/);
  client.send('abc');
  expect(await client.untilClosed()).toMatch(
    /^HTTP\/1\.1 200(?![^]*100 Continue)[^]*begin;[^]*abc/,
  );
});

test('an application that reads after its last response does not break that off', async () => {
  const size = 8 * 1024 * 1024;
  const read = Promise.withResolvers<void>();
  const failed = Promise.withResolvers<unknown>();
  const { port } = await served((environ, startResponse) => {
    startResponse('200 OK', TEXT);
    void read.promise.then(() => environ['wsgi.input'].read()).catch(failed.resolve);
    return [Buffer.alloc(size, 'x')];
  });
  const client = await RawClient.connect(port);
  client.send(`POST / HTTP/1.1\r\n${HEAD}Content-Length: 3\r\nExpect: 100-continue\r\n\r\n`);
  await client.until(/x/);
  client.socket.pause();
  read.resolve();
  expect(await failed.promise).toEqual(new Error('the request is over'));
  client.socket.resume();
  await client.untilClosed();
  expect(client.socket.bytesRead).toBeGreaterThan(size);
});

test('a refusal arrives though the client sends on and reads only then', async () => {
  const { port } = await served(echoPath);
  const client = await RawClient.connect(port);
  client.send(`GET /1 HTTP/1.1\r\n${HEAD}\r\nGET /2 HTTP/1.1\r\n${HEAD}X: `);
  await client.until(/<\/1>$/);
  client.socket.pause();
  client.send('a'.repeat(8 * 1024 * 1024));
  await once(client.socket, 'drain');
  client.socket.resume();
  expect(await client.untilClosed()).toMatch(/<\/1>HTTP\/1\.1 431 /);
});

test('the access line tells which request was refused while its environ was made', async () => {
  const { port, access } = await served(echoPath, {
    trustedPeers: new Networks(['127.0.0.1']),
  });
  await exchange(port, `GET /twice HTTP/1.1\r\n${HEAD}X-Forwarded-Proto: http, https\r\n\r\n`);
  expect(access).toMatchObject([{ status: 400, method: 'GET', target: '/twice' }]);
});

test.for<[name: string, request: string, status: number]>([
  ['a malformed request line', 'GET /\r\n\r\n', 400],
  ['a bare LF', 'GET / HTTP/1.1\nHost: a\n\n', 400],
  ['a malformed chunk', `POST / HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`, 400],
  ['a request line that is too long', `GET /${'a'.repeat(5000)} HTTP/1.1\r\n`, 414],
  ['a field that is too long', `GET / HTTP/1.1\r\nHost: a\r\nA: ${'a'.repeat(9000)}`, 431],
  ['too many fields', `GET / HTTP/1.1\r\n${'A: b\r\n'.repeat(101)}`, 431],
  ['a body that is too large', `POST / HTTP/1.1\r\n${HEAD}Content-Length: 10485761\r\n\r\n`, 413],
  [
    'a chunked body that is too large',
    `POST / HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\nA00001\r\n`,
    413,
  ],
  ['an unknown transfer coding', `POST / HTTP/1.1\r\n${HEAD}Transfer-Encoding: gzip\r\n\r\n`, 501],
  ['an unknown expectation', `POST / HTTP/1.1\r\n${HEAD}Expect: tea\r\n\r\n`, 417],
])('%s is answered with its status, and the connection closes', async ([, request, status]) => {
  const { port, access } = await served(echoBody);
  const received = await exchange(port, request);
  expect(received).toMatch(new RegExp(`^HTTP/1.1 ${status} .*\r\n`));
  expect(received.match(/^HTTP\/1.1/gm)).toHaveLength(1);
  expect(received).toContain('Connection: close');
  expect(access.at(-1)).toMatchObject({ status });
});

test.for([
  ['a body that is too large', 'Content-Length: 10485761', 413],
  ['a field without a colon', 'oops', 400],
])('the access line tells which request was refused for %s', async ([, field, status]) => {
  const { port, access } = await served(echoBody);
  await exchange(
    port,
    `GET /before HTTP/1.1\r\n${HEAD}\r\nPOST /up HTTP/1.1\r\n${HEAD}${field}\r\n\r\n`,
  );
  expect(access.at(-1)).toMatchObject({ status, method: 'POST', target: '/up' });
});

test('a request line that is refused is not told as the one before', async () => {
  const { port, access } = await served(echoBody);
  await exchange(port, `GET /before HTTP/1.1\r\n${HEAD}\r\noops\r\n\r\n`);
  expect(access.at(-1)).toMatchObject({ status: 400 });
  expect(access.at(-1)).not.toHaveProperty('target');
});

test('a request head that comes too slowly is answered with 408', async () => {
  const { port } = await served(echoPath, timeouts({ headerMs: 200 }));
  expect(await exchange(port, 'GET / HTTP/1.1\r\nHo')).toMatch(/^HTTP\/1.1 408 /);
});

test('a body that comes too slowly is answered with 408', async () => {
  const { port } = await served(echoBody, timeouts({ bodyMs: 200 }));
  const received = await exchange(port, `POST / HTTP/1.1\r\n${HEAD}Content-Length: 5\r\n\r\nab`);
  expect(received).toMatch(/^HTTP\/1.1 408 /);
});

test('an application may take longer than the body was allowed to', async () => {
  const called = Promise.withResolvers<void>();
  const { port } = await served(
    async (environ, startResponse) => {
      called.resolve();
      const body = await echoBody(environ, startResponse);
      await setTimeout(1200);
      return body;
    },
    timeouts({ bodyMs: 500 }),
  );
  const client = await RawClient.connect(port);
  client.send(`POST / HTTP/1.1\r\n${HEAD}Content-Length: 2\r\n\r\na`);
  await called.promise;
  client.send('b');
  expect(await client.until(/<ab>/)).toMatch(/^HTTP\/1.1 200 /);
  client.close();
});

test('an application that reads on after its response gets nothing of the next request', async () => {
  let lateInput: InputStream | undefined;
  let lateRead: unknown;
  const { port } = await served(async (environ, startResponse) => {
    if (environ.PATH_INFO === '/late') {
      lateInput = environ['wsgi.input'];
      return echoPath(environ, startResponse);
    }
    lateRead = await lateInput?.read().catch((error: unknown) => error);
    return echoBody(environ, startResponse);
  });
  const late = `POST /late HTTP/1.1\r\n${HEAD}Content-Length: 4\r\n\r\nlate`;
  const next = `POST /next HTTP/1.1\r\n${HEAD}Content-Length: 4\r\n${CLOSE}next`;
  expect(await exchange(port, late + next)).toMatch(/<next>$/);
  expect(lateRead).toEqual(new Error('the request is over'));
});

test('an idle connection closes without a word', async () => {
  const { port } = await served(echoPath, timeouts({ idleMs: 200 }));
  const received = await exchange(port, `GET / HTTP/1.1\r\n${HEAD}\r\n`);
  expect(received).toMatch(/<\/>$/);
});

test('a connection that never says anything closes without a word', async () => {
  const { port } = await served(echoPath, timeouts({ headerMs: 200 }));
  expect(await exchange(port, '')).toBe('');
});

test('a client that does not take its response is cut off', async () => {
  let isClosed: (() => void) | undefined;
  const closed = new Promise<void>((resolve) => (isClosed = resolve));
  const { port } = await served(
    (_, startResponse) => {
      startResponse('200 OK', TEXT);
      async function* endless(): AsyncGenerator<Bytes> {
        try {
          for (;;) yield Buffer.alloc(65_536);
        } finally {
          isClosed?.();
        }
      }
      return endless();
    },
    timeouts({ sendMs: 300 }),
  );
  const client = await RawClient.connect(port);
  client.socket.pause();
  client.send(`GET / HTTP/1.1\r\n${HEAD}\r\n`);
  await closed;
  client.close();
});

test('a large response to a slow but steady reader is not cut off', async () => {
  const size = 8 * 1024 * 1024;
  const { port } = await served(
    (_, startResponse) => {
      startResponse('200 OK', TEXT);
      return [Buffer.alloc(size, 'x')];
    },
    timeouts({ sendMs: 400 }),
  );
  const client = await RawClient.connect(port);
  let bytes = 0;
  client.socket.on('data', (data) => {
    bytes += data.length;
    client.socket.pause();
    void setTimeout(5).then(() => client.socket.resume());
  });
  client.send(`GET / HTTP/1.1\r\n${HEAD}${CLOSE}`);
  await client.untilClosed();
  expect(bytes).toBeGreaterThan(size);
});

test('a client that goes away aborts the signal', async () => {
  const called = Promise.withResolvers<void>();
  const { port, access } = await served(async (environ, startResponse) => {
    const aborted = once(environ['gateway.signal']?.() ?? new EventTarget(), 'abort');
    called.resolve();
    await aborted;
    startResponse('200 OK', TEXT);
    return [];
  });
  const client = await RawClient.connect(port);
  client.send(`GET / HTTP/1.1\r\n${HEAD}\r\n`);
  await called.promise;
  client.close();
  await expect.poll(() => access).toMatchObject([{ status: 499 }]);
});

test('a signal that is asked for after the client went away has aborted', async () => {
  const asked = Promise.withResolvers<boolean | undefined>();
  const { port } = await served(async (environ, startResponse) => {
    await environ['wsgi.input'].read().catch(() => undefined);
    asked.resolve(environ['gateway.signal']?.().aborted);
    startResponse('200 OK', TEXT);
    return [];
  });
  const client = await RawClient.connect(port);
  client.send(`POST / HTTP/1.1\r\n${HEAD}Content-Length: 5\r\n\r\n`);
  client.close();
  expect(await asked.promise).toBe(true);
});

test('the access line has what an operator asks for', async () => {
  const { port, access } = await served(echoPath);
  await exchange(port, `GET /a?b=c HTTP/1.1\r\n${HEAD}User-Agent: me\r\n${CLOSE}`);
  expect(access.at(-1)).toMatchObject({
    remote_addr: '127.0.0.1',
    method: 'GET',
    target: '/a?b=c',
    protocol: 'HTTP/1.1',
    host: 'a',
    status: 200,
    bytes: 4,
    user_agent: 'me',
    request_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    duration_seconds: expect.any(Number),
    worker: 1,
  });
});

test('an error of the application is logged with the request that met it', async () => {
  const { port, log } = await served(() => {
    throw new Error('planted');
  });
  const received = await exchange(port, `GET /broken HTTP/1.1\r\n${HEAD}${CLOSE}`);
  expect(received).toMatch(/^HTTP\/1.1 500 /);
  expect(log).toMatchObject([
    { target: '/broken', err: { message: 'planted' }, request_id: expect.any(String) },
  ]);
});

test('a draining server finishes what is in flight and closes each connection', async () => {
  let answer: (() => void) | undefined;
  const { port, server } = await served(async (environ, startResponse) => {
    if (environ.PATH_INFO === '/slow') await new Promise<void>((resolve) => (answer = resolve));
    startResponse('200 OK', TEXT);
    return [Buffer.from(`draining ${environ['gateway.draining']}`)];
  });
  const [slow, idle] = await Promise.all([RawClient.connect(port), RawClient.connect(port)]);
  slow.send(`GET /slow HTTP/1.1\r\n${HEAD}\r\n`);
  idle.send(`GET /idle HTTP/1.1\r\n${HEAD}\r\n`);
  await idle.until(/draining false/);
  const drained = server.drain();
  const tryToConnect = () => RawClient.connect(port).then((client) => client.close(), String);
  await expect.poll(tryToConnect).toMatch(/ECONNREFUSED/);
  idle.send(`GET /idle HTTP/1.1\r\n${HEAD}\r\n`);
  expect(await idle.untilClosed()).toMatch(/Connection: close[^]*draining true$/);
  answer?.();
  expect(await slow.untilClosed()).toMatch(/Connection: close[^]*draining false$/);
  await drained;
});
