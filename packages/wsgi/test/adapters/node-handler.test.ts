import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type AddressInfo, type ListenOptions, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectSecurely } from 'node:tls';
import { expect, test } from 'vitest';
import type { HandlerOptions } from '../../src/adapters/handler.ts';
import { nodeHandler } from '../../src/adapters/node-handler.ts';
import type { Application, Environ } from '../../src/types.ts';
import { validator } from '../../src/validator.ts';
import { exchange, valuesOf } from '../raw-client.ts';

const LOCAL = { host: '127.0.0.1', port: 0 };

/** The environ that an application gets for one GET on a server that listens there. */
async function environFor(
  path: string,
  options: HandlerOptions = {},
  listen: ListenOptions = LOCAL,
): Promise<Environ> {
  const seen = Promise.withResolvers<Environ>();
  const application: Application = (environ, startResponse) => {
    seen.resolve(environ);
    startResponse('200 OK', [['Content-Type', 'text/plain']]);
    return [];
  };
  const server = createServer(nodeHandler(validator(application), options));
  await once(server.listen(listen), 'listening');
  await get(server, path);
  server.close();
  return seen.promise;
}

/** The status of the response. */
async function get(server: Server, path: string): Promise<number | undefined> {
  const address = server.address();
  const where =
    typeof address === 'string'
      ? { socketPath: address }
      : { host: address?.address, port: address?.port };
  const call = request({ ...where, path, agent: false }).end();
  const [response] = await once(call, 'response');
  response.resume();
  await once(response, 'close');
  return response.statusCode;
}

test.for<[path: string, scriptName: string, rest: string]>([
  ['/', '', '/'],
  ['/app', '/app', ''],
  ['/app/', '/app', '/'],
  ['/app/a/b', '/app', '/a/b'],
  ['/%61pp/a', '/app', '/a'],
  ['/apple', '/app', '/apple'],
  ['/a', '/app', '/a'],
])("of %s, '%s' leaves '%s'", async ([path, scriptName, rest]) => {
  const environ = await environFor(path, { scriptName });
  expect(environ).toMatchObject({ SCRIPT_NAME: scriptName, PATH_INFO: rest });
});

test.for(['/', 'app', '/app/', '//'])("'%s' is not a mount point", (scriptName) => {
  expect(() => nodeHandler(() => [], { scriptName })).toThrow(`like '/prefix': '${scriptName}'`);
});

test.for<[target: string, host: string, path: string, query: string]>([
  ['/', '127.0.0.1', '/', ''],
  ['/a?b=c', '127.0.0.1', '/a', 'b=c'],
  ['http://other.test', 'other.test', '/', ''],
  ['HTTP://other.test/a', 'other.test', '/a', ''],
  ['http://other.test?b=c', 'other.test', '/', 'b=c'],
  ['/to/http://other.test/a', '127.0.0.1', '/to/http://other.test/a', ''],
])('the target %s is %s, %s, %j', async ([target, host, path, query]) => {
  const environ = await environFor(target);
  expect(environ['HTTP_HOST']?.replace(/:\d+$/, '')).toBe(host);
  expect(environ).toMatchObject({ PATH_INFO: path, QUERY_STRING: query });
});

test('environ says how the application is called, and that the input ends', async () => {
  expect(await environFor('/')).toMatchObject({
    'wsgi.multithread': true,
    'wsgi.run_once': false,
    'wsgi.input_terminated': true,
  });
});

test('wsgi.multiprocess is as the options have it', async () => {
  expect((await environFor('/'))['wsgi.multiprocess']).toBe(false);
  expect((await environFor('/', { multiprocess: true }))['wsgi.multiprocess']).toBe(true);
});

test('a socket for both families shows plain IPv4 addresses', async () => {
  const environ = await environFor('/', {}, { host: '::ffff:127.0.0.1', port: 0 });
  expect(environ).toMatchObject({ SERVER_NAME: '127.0.0.1', REMOTE_ADDR: '127.0.0.1' });
});

test('a unix socket has no addresses', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'node-http-'));
  const environ = await environFor('/', {}, { path: join(folder, 'socket') });
  await rm(folder, { recursive: true });
  expect(environ).toMatchObject({ SERVER_NAME: 'localhost', SERVER_PORT: '80', REMOTE_ADDR: '' });
  expect(environ).not.toHaveProperty('REMOTE_PORT');
});

test('onError gets the fault and its environ', async () => {
  const fault = new Error('a planted fault');
  const seen = Promise.withResolvers<[unknown, string]>();
  const server = createServer(
    nodeHandler(() => Promise.reject(fault), {
      onError: (error, environ) => seen.resolve([error, environ.PATH_INFO]),
    }),
  );
  await once(server.listen(LOCAL), 'listening');
  expect(await get(server, '/path')).toBe(500);
  expect(await seen.promise).toEqual([fault, '/path']);
  server.close();
});

test('a client that leaves in the middle of its body is no fault of the application', async () => {
  const faults: unknown[] = [];
  const reading = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  const application: Application = async (environ) => {
    const read = environ['wsgi.input'].read();
    reading.resolve();
    await read.finally(() => setImmediate(answered.resolve));
    return [];
  };
  const server = createServer(nodeHandler(application, { onError: (fault) => faults.push(fault) }));
  await once(server.listen(LOCAL), 'listening');
  const call = request({ ...LOCAL, port: (server.address() as AddressInfo).port, method: 'POST' });
  call.on('error', () => {}).write('abc');
  await reading.promise;
  call.destroy();
  await answered.promise;
  expect(faults).toEqual([]);
  server.close();
});

test('trailers are not announced, as none come', async () => {
  const server = createServer(
    nodeHandler((_environ, startResponse) => {
      startResponse('200 OK', [
        ['trailer', 'X-Sum'],
        ['Content-Length', '4'],
      ]);
      return [Buffer.from('body')];
    }),
  );
  await once(server.listen(LOCAL), 'listening');
  const { port } = server.address() as AddressInfo;
  const response = await exchange(port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  expect(response).toMatchObject({ status: '200 OK', body: 'body' });
  expect(valuesOf(response, 'trailer')).toEqual([]);
  server.close();
});

test('the signal does not abort once the response is complete', async () => {
  let signal: AbortSignal | undefined;
  const server = createServer(
    nodeHandler((environ, startResponse) => {
      signal = environ['gateway.signal']?.();
      startResponse('200 OK', [['Content-Type', 'text/plain']]);
      return [];
    }),
  );
  await once(server.listen(LOCAL), 'listening');
  await get(server, '/');
  await new Promise((resolve) => server.close(resolve));
  expect(signal?.aborted).toBe(false);
});

test('without onError a fault is written to wsgi.errors', async () => {
  const written = Promise.withResolvers<string>();
  const server = createServer(
    nodeHandler((environ) => {
      environ['wsgi.errors'] = { write: written.resolve, writelines() {}, flush() {} };
      throw new Error('a planted fault');
    }),
  );
  await once(server.listen(LOCAL), 'listening');
  expect(await get(server, '/')).toBe(500);
  expect(await written.promise).toContain('Error: a planted fault\n    at');
  server.close();
});

/** Begins a body, and fails; with `/length` the client knows how long it should be. */
const failing: Application = (environ, startResponse) => {
  const length: [string, string][] =
    environ.PATH_INFO === '/length' ? [['Content-Length', '9']] : [];
  startResponse('200 OK', [['Content-Type', 'text/plain'], ...length]);
  return (async function* () {
    yield Buffer.from('begin;');
    throw new Error('planted');
  })();
};

/** The code of the error that the client gets, `''` where the connection just ends. */
async function endOf(socket: Socket, path = '/'): Promise<string> {
  let code = '';
  socket.on('error', (error: NodeJS.ErrnoException) => (code = error.code ?? 'no code'));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.resume().write(`GET ${path} HTTP/1.0\r\n\r\n`);
  await closed;
  return code;
}

test('a unix socket that cannot be reset is closed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'node-http-'));
  const path = join(folder, 'socket');
  const server = createServer(nodeHandler(failing, { onError: () => {} }));
  await once(server.listen({ path }), 'listening');
  expect(await endOf(connect({ path }))).toBe('');
  server.close();
  await rm(folder, { recursive: true });
});

test('a TLS connection is https, and closed where it cannot be reset', async () => {
  const psk = Buffer.alloc(16, 'key');
  const tls = { ciphers: 'PSK', maxVersion: 'TLSv1.2' } as const;
  const schemes: string[] = [];
  const server = createSecureServer(
    { ...tls, pskCallback: () => psk },
    nodeHandler(failing, { onError: (_, environ) => schemes.push(environ['wsgi.url_scheme']) }),
  );
  await once(server.listen(LOCAL), 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connectSecurely({
    ...tls,
    ...LOCAL,
    port,
    pskCallback: () => ({ psk, identity: 'a' }),
    checkServerIdentity: () => undefined,
  });
  expect(await endOf(client)).toBe('');
  expect(schemes).toEqual(['https']);
  server.close();
});

test.for<[path: string, end: string]>([
  ['/', 'ECONNRESET'],
  ['/length', ''],
])('to HTTP/1.0 a reset tells only what no length tells: %s', async ([path, end]) => {
  const server = createServer(nodeHandler(failing, { onError: () => {} }));
  await once(server.listen(LOCAL), 'listening');
  const { port } = server.address() as AddressInfo;
  expect(await endOf(connect({ ...LOCAL, port }), path)).toBe(end);
  server.close();
});
