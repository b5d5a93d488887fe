import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { nodeApplication, type NodeListener } from '../../src/adapters/node-application.ts';
import { BodyInputStream } from '../../src/input-stream.ts';
import { ProtocolError } from '../../src/status.ts';
import type { Environ } from '../../src/types.ts';
import { serve } from '../../../framework/test/serve.ts';
import { sampleEnviron } from '../environ.ts';
import {
  connectTo,
  exchange,
  readAll,
  readUntil,
  valuesOf,
  type RawResponse,
} from '../raw-client.ts';

/** What the listener is given. */
const tell: NodeListener = async (request, response) => {
  const { method, url, headers, socket } = request;
  const { remoteAddress, remotePort } = socket;
  const isSecure = 'encrypted' in socket && socket.encrypted === true;
  const body = await text(request);
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ method, url, headers, remoteAddress, remotePort, isSecure, body }));
};

async function told(
  environ: Partial<Environ>,
  path = '/',
  options = {},
): Promise<Record<string, unknown>> {
  const { get } = await serve(nodeApplication(tell), environ);
  return JSON.parse((await get(path, options)).text);
}

/** Of a listener, to a raw request. */
async function answerOf(listener: NodeListener, request = GET): Promise<RawResponse> {
  const { port } = await serve(nodeApplication(listener));
  return exchange(port, request);
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

test('a listener gets the method, the target as it came, and the body', async () => {
  const options = { method: 'PUT', body: 'some text' };
  expect(await told({}, '/a/../b%2Fc?d=%20', options)).toMatchObject({
    method: 'PUT',
    url: '/a/../b%2Fc?d=%20',
    body: 'some text',
  });
});

test.for<[environ: Partial<Environ>, path: string, url: string]>([
  [{ SCRIPT_NAME: '/shop', PATH_INFO: '/caf\xe9 1' }, '/shop/caf%E9%201?a=b', '/caf%E9%201?a=b'],
  [{ SCRIPT_NAME: '/shop', PATH_INFO: '' }, '/shop?a=b', '/?a=b'],
  [{ SCRIPT_NAME: '/shop', PATH_INFO: '/a/b;c@d' }, '/shop/a%2fb%3Bc%40d', '/a%2fb%3Bc%40d'],
  [{ SCRIPT_NAME: '/caf\xe9', PATH_INFO: '/a/b' }, '/caf%C3%A9/a%2Fb', '/a/b'],
  [{ SCRIPT_NAME: '/caf\xe9', PATH_INFO: '/a/b' }, '/caf%E9/a%2Fb', '/a%2Fb'],
  // A proxy took the mount point away.
  [{ SCRIPT_NAME: '/shop', PATH_INFO: '/a/b' }, '/a%2Fb', '/a%2Fb'],
  // A middleware has changed them.
  [{ PATH_INFO: '/other path', QUERY_STRING: 'c' }, '/a%2Fb?d', '/other%20path?c'],
  [{}, '/a?', '/a?'],
])('with %j, of %s it gets %s', async ([environ, path, url]) => {
  expect(await told(environ, path)).toMatchObject({ url });
});

test('it gets the header fields of the request, and no others', async () => {
  const headers = { Host: 'shop.test', 'X-Name': 'caf\xe9', Cookie: ['a=1', 'b=2'] };
  expect(await told({}, '/', { headers })).toMatchObject({
    headers: { host: 'shop.test', 'x-name': 'caf\xe9', cookie: 'a=1; b=2', connection: 'close' },
  });
});

test('a request without a body announces none', async () => {
  const { headers } = await told({}, '/', { method: 'DELETE' });
  expect(Object.keys(headers as object).toSorted()).toEqual(['connection', 'host']);
});

test('a POST without a body announces none', async () => {
  const headers = await answerOf(tell, 'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  expect(JSON.parse(headers.body)).toMatchObject({ headers: { host: 'a', connection: 'close' } });
  expect(headers.body).not.toContain('transfer-encoding');
});

test.for(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'get', 'BREW'])(
  'a chunked body of %s comes whole, and the method as it is',
  async (method) => {
    const seen = Promise.withResolvers<unknown>();
    const application = nodeApplication(async (request, response) => {
      seen.resolve([request.method, await text(request)]);
      response.end();
    });
    const pieces = ['{"id"', ':7}'].map((piece) => Buffer.from(piece));
    const environ = sampleEnviron({
      REQUEST_METHOD: method,
      HTTP_TRANSFER_ENCODING: 'chunked',
      'wsgi.input': new BodyInputStream(() => pieces.shift()),
    });
    await application(environ, () => async () => {});
    expect(await seen.promise).toEqual([method, '{"id":7}']);
  },
);

test.for<[how: string, read: (request: IncomingMessage, read: (text: string) => void) => void]>([
  [
    'flowing',
    (request, read) => {
      let all = '';
      request.on('data', (piece) => (all += piece)).on('end', () => read(all));
    },
  ],
  ['iterated', (request, read) => void text(request).then(read)],
  ['piped', (request, read) => void text(request.pipe(new PassThrough())).then(read)],
  [
    'read',
    (request, read) => {
      let all = '';
      request.on('readable', () => (all += request.read() ?? '')).on('end', () => read(all));
    },
  ],
])('a body of many pieces comes whole where it is %s', async ([, read]) => {
  const seen = Promise.withResolvers<string>();
  const pieces = Array.from({ length: 200 }, (_, index) => Buffer.alloc(1000, String(index)));
  const application = nodeApplication((request, response) => {
    read(request, (all) => {
      seen.resolve(all);
      response.end();
    });
  });
  const sent = Buffer.concat(pieces).toString();
  const environ = sampleEnviron({
    REQUEST_METHOD: 'POST',
    CONTENT_LENGTH: String(sent.length),
    'wsgi.input': new BodyInputStream(() => pieces.shift()),
  });
  await application(environ, () => async () => {});
  expect(await seen.promise).toBe(sent);
});

test('it answers before the first byte of a body', async () => {
  const { port } = await serve(
    nodeApplication((_request, response) => {
      response.writeHead(401, { 'Content-Type': 'text/plain' }).end('who are you?');
    }),
  );
  const client = await connectTo(port);
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n');
  expect(await readUntil(client, 'you?')).toMatch(/^HTTP\/1.1 401 Unauthorized\r\n/);
  client.destroy();
});

test('the field lines and the version are as they came', async () => {
  const request =
    'HOST: a\r\nuser-Agent: one\r\nUser-Agent: two\r\nX-A: 1\r\nx-a: 2\r\nTE: trailers\r\n';
  const { body } = await answerOf(
    ({ httpVersion, rawHeaders, headers, headersDistinct }, response) => {
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ httpVersion, rawHeaders, headers, headersDistinct }));
    },
    `GET / HTTP/1.0\r\n${request}\r\n`,
  );
  expect(JSON.parse(body)).toEqual({
    httpVersion: '1.0',
    rawHeaders: request.split(/: |\r\n/).slice(0, -1),
    headers: { host: 'a', 'user-agent': 'one', 'x-a': '1, 2', te: 'trailers' },
    headersDistinct: {
      host: ['a'],
      'user-agent': ['one', 'two'],
      'x-a': ['1', '2'],
      te: ['trailers'],
    },
  });
});

test('a field that a middleware has changed is as environ has it', async () => {
  const changes = { HTTP_X_A: 'changed', HTTP_X_C: 'added' };
  const headers = { Host: 'a', 'X-A': '1', 'X-D': '3', Connection: 'close' };
  expect((await told(changes, '/', { headers }))['headers']).toEqual({
    host: 'a',
    'x-a': 'changed',
    'x-c': 'added',
    'x-d': '3',
    connection: 'close',
  });
});

test('its socket knows both ends, and what came and went', async () => {
  const request =
    'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody';
  const { body } = await answerOf(async (incoming, response) => {
    await text(incoming);
    const { localAddress, localFamily, localPort, bytesRead, pending } = incoming.socket;
    response.setHeader('Content-Type', 'application/json').flushHeaders();
    const isCounted = incoming.socket.bytesWritten > 100;
    const address = incoming.socket.address();
    const facts = { localAddress, localFamily, localPort, bytesRead, pending, address, isCounted };
    response.end(JSON.stringify(facts));
  }, request);
  const localPort = expect.any(Number);
  expect(JSON.parse(body)).toEqual({
    localAddress: '127.0.0.1',
    localFamily: 'IPv4',
    localPort,
    bytesRead: request.length,
    pending: false,
    address: { address: '127.0.0.1', family: 'IPv4', port: localPort },
    isCounted: true,
  });
});

test('nothing is asked of a client', async () => {
  const seen: unknown[] = [];
  const note = (message: unknown): void => void seen.push(message);
  subscribe('http.client.request.created', note);
  await nodeApplication((_request, response) => response.end())(
    sampleEnviron(),
    () => async () => {},
  );
  unsubscribe('http.client.request.created', note);
  expect(seen).toEqual([]);
});

test('a body of unknown length comes whole', async () => {
  const headers = { 'Transfer-Encoding': 'chunked' };
  const seen = await told({}, '/', { method: 'POST', body: 'some text', headers });
  expect(seen).toMatchObject({ body: 'some text', headers: { 'transfer-encoding': 'chunked' } });
});

test.for<[scheme: string, isSecure: boolean]>([
  ['http', false],
  ['https', true],
])('of %s, it learns who the client is, and whether it came by TLS', async ([scheme, isSecure]) => {
  const client = { REMOTE_ADDR: '192.0.2.7', REMOTE_PORT: '4711' };
  expect(await told({ ...client, 'wsgi.url_scheme': scheme })).toMatchObject({
    remoteAddress: '192.0.2.7',
    remotePort: 4711,
    isSecure,
  });
});

test('a header larger than what Node takes by itself comes through, both ways', async () => {
  const large = 'x'.repeat(50_000);
  const { get } = await serve(
    nodeApplication(({ headers }, response) => {
      response
        .setHeader('Content-Type', 'text/plain')
        .setHeader('X-Back', headers['x-large'] ?? '');
      response.end();
    }),
    { HTTP_X_LARGE: large },
  );
  expect((await get('/', { maxHeaderSize: 100_000 })).headers['x-back']).toBe(large);
});

test('what a listener calls on its socket does no harm', async () => {
  const { get } = await serve(
    nodeApplication((request, response) => {
      request.setTimeout(1);
      response.setTimeout(1);
      request.socket.setNoDelay().setKeepAlive();
      response.setHeader('Content-Type', 'text/plain').end('fine');
    }),
  );
  expect((await get('/')).text).toBe('fine');
});

test.for<[of: string, setTimeout: (request: IncomingMessage, response: ServerResponse) => void]>([
  ['the response', (_request, response) => response.setTimeout(1, () => response.end('late'))],
  ['the request', (request, response) => request.setTimeout(1, () => response.end('late'))],
])('a timeout of %s fires', async ([, setTimeout]) => {
  const application = nodeApplication(setTimeout);
  const environ = sampleEnviron({
    CONTENT_LENGTH: '1',
    'wsgi.input': new BodyInputStream(() => new Promise(() => {})),
  });
  const body = await application(environ, () => async () => {});
  expect(Buffer.concat(await Array.fromAsync(body)).toString()).toBe('late');
});

test('a timeout that nobody heeds closes the connection', async () => {
  const application = nodeApplication((request) => void request.setTimeout(1));
  await expect(application(sampleEnviron(), () => async () => {})).rejects.toThrow(
    'the listener closed the connection',
  );
});

test('the head does not wait for the body', async () => {
  const seen = Promise.withResolvers<void>();
  const { port } = await serve(
    nodeApplication(async (_request, response) => {
      response.setHeader('Content-Type', 'text/event-stream').flushHeaders();
      await seen.promise;
      response.end('data: 1');
    }),
  );
  const client = await connectTo(port);
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(await readUntil(client, '\r\n\r\n')).toMatch(/event-stream/);
  seen.resolve();
  await readUntil(client, 'data: 1');
  client.destroy();
});

test.for<[status: number, name: string, value: string, values: readonly string[]]>([
  [426, 'Upgrade', 'h2c', ['h2c']],
  [407, 'Proxy-Authenticate', 'Basic realm="a"', ['Basic realm="a"']],
  [200, 'Upgrade', 'h2c', []],
  [200, 'Proxy-Authenticate', 'Basic realm="a"', []],
  [200, 'Trailer', 'X-Sum', []],
  [200, 'X-Tab', 'a\tb', ['a b']],
  [200, 'Keep-Alive', 'timeout=5', []],
])('of a %i, %s: %j arrives as %j', async ([status, name, value, values]) => {
  const response = await answerOf((_request, outgoing) => {
    outgoing.writeHead(status, 'Tab\tbed', { 'Content-Type': 'text/plain', [name]: value });
    outgoing.write('body');
    outgoing.addTrailers({ 'X-Sum': 'a' });
    outgoing.end();
  });
  expect(response).toMatchObject({ status: `${status} Tab bed`, body: 'body', isComplete: true });
  expect(valuesOf(response, name)).toEqual(values);
});

test.for<[how: string, listener: NodeListener, framing: readonly string[]]>([
  ['a length', (_request, response) => void response.end('body'), ['4']],
  ['chunks', (_request, response) => void (response.write('body'), response.end()), []],
  [
    'chunks that it asks for',
    (_request, response) => void response.setHeader('Transfer-Encoding', 'chunked').end('body'),
    [],
  ],
  [
    'chunks without a byte',
    (_request, response) => void response.setHeader('Transfer-Encoding', 'chunked').end(),
    [],
  ],
])('a listener that frames by %s has it so', async ([how, listener, framing]) => {
  const response = await answerOf((request, outgoing) => {
    outgoing.setHeader('Content-Type', 'text/plain');
    return listener(request, outgoing);
  });
  const body = how.endsWith('without a byte') ? '' : 'body';
  expect(response).toMatchObject({ status: '200 OK', body, isComplete: true });
  expect(valuesOf(response, 'content-length')).toEqual(framing);
});

test('a client that leaves is the error of the request, and of nothing else', async () => {
  const events: string[] = [];
  const called = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const { port } = await serve(
    nodeApplication((request, response) => {
      request.socket.on('error', () => events.push('socket error'));
      request.on('error', ({ message }) => events.push(`request ${message}`));
      request.once('close', closed.resolve);
      response.once('close', () => events.push('response close'));
      called.resolve();
    }),
  );
  const client = await connectTo(port);
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n');
  await called.promise;
  client.destroy();
  await closed.promise;
  expect(events).toEqual(['response close', 'request aborted']);
});

test('a transfer coding that only its own connection could take off is a fault', async () => {
  const application = nodeApplication((_request, response) => {
    response.writeHead(200, { 'Transfer-Encoding': 'gzip' }).end('coded');
  });
  const answered = async (): Promise<unknown> => application(sampleEnviron(), () => async () => {});
  await expect(answered()).rejects.toThrow('use Content-Encoding');
});

test.for(['catches it', 'hands it on'])(
  'what is wrong with the body keeps its status where the listener %s',
  async (how) => {
    const events: string[] = [];
    const { get } = await serve(
      nodeApplication(async (request, response) => {
        request.on('aborted', () => events.push('aborted'));
        const code = await text(request).then(
          () => 200,
          (error: { readonly statusCode: number }) => error.statusCode,
        );
        response.writeHead(how === 'catches it' ? 500 : code, { 'Content-Type': 'text/plain' });
        response.end('sorry');
      }),
      {
        'wsgi.input': new BodyInputStream(() => {
          throw new ProtocolError(413, 'too large');
        }),
      },
    );
    expect(await get('/', { method: 'POST', body: 'x' })).toMatchObject({
      status: 413,
      text: how === 'catches it' ? 'Content Too Large\n' : 'sorry',
    });
    expect(events).toEqual([]);
  },
);

test('a listener reads on after its answer', async () => {
  const seen = Promise.withResolvers<string>();
  const { port } = await serve(
    nodeApplication((request, response) => {
      text(request).then(seen.resolve, seen.reject);
      response.setHeader('Content-Type', 'text/plain').end('accepted');
    }),
  );
  const client = await connectTo(port);
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc');
  await readUntil(client, 'accepted');
  client.write('def');
  expect(await seen.promise).toBe('abcdef');
  client.destroy();
});

test('a listener that closes the connection reads no further', async () => {
  const failed = Promise.withResolvers<unknown>();
  const { port } = await serve(
    nodeApplication((request, response) => {
      text(request).catch(failed.resolve);
      response.writeHead(413, { 'Content-Type': 'text/plain', Connection: 'close' }).end('no more');
    }),
  );
  const client = await connectTo(port);
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc');
  await readUntil(client, 'no more');
  expect(await failed.promise).toMatchObject({ code: 'ECONNRESET' });
  client.destroy();
});

test('a response that was full tells so no longer once it can take more', async () => {
  const { port } = await serve(
    nodeApplication(async (_request, response) => {
      response.setHeader('Content-Type', 'text/plain');
      while (response.write(Buffer.alloc(16_384, 'x')));
      await once(response, 'drain');
      await pipeline(Readable.from(['a', 'b']), response);
    }),
  );
  const request = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
  expect((await exchange(port, request)).body).toMatch(/xab$/);
});

test('the end of a response is told: finish, then close', async () => {
  const events: string[] = [];
  const closed = Promise.withResolvers<void>();
  const { get } = await serve(
    nodeApplication((request, response) => {
      for (const name of ['end', 'close']) request.once(name, () => events.push(`request ${name}`));
      for (const name of ['finish', 'close']) response.once(name, () => events.push(name));
      response.once('close', closed.resolve);
      response.setHeader('Content-Type', 'text/plain').end('fine');
    }),
  );
  await get('/', { method: 'POST', body: 'unread' });
  await closed.promise;
  expect(events.filter((name) => !name.startsWith('request'))).toEqual(['finish', 'close']);
  expect(events.filter((name) => name.startsWith('request'))).toEqual([
    'request end',
    'request close',
  ]);
});

test('what was written before the cut in the same turn arrives', async () => {
  const whole = await answerOf((request, response) => {
    response.writeHead(413, { 'Content-Type': 'text/plain' }).end('too large');
    request.destroy();
  });
  expect(whole).toMatchObject({ status: '413 Payload Too Large', body: 'too large' });
  const { port } = await serve(
    nodeApplication((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': 9 }).write('first');
      response.destroy();
    }),
    { 'wsgi.errors': sampleEnviron()['wsgi.errors'] },
  );
  const cut = await exchange(port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  expect(cut).toMatchObject({ status: '200 OK', body: 'first', isComplete: false });
});

test('what is written to the socket itself is a response, too', async () => {
  const response = await answerOf(({ socket }) => {
    socket.end('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nby hand');
  });
  expect(response).toMatchObject({ status: '200 OK', body: 'by hand' });
});

test('interim responses are left out', async () => {
  const { get } = await serve(
    nodeApplication((_request, response) => {
      response.writeContinue();
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      response.setHeader('Content-Type', 'text/plain').end('final');
    }),
  );
  expect(await get('/')).toMatchObject({ status: 200, text: 'final' });
});

test('an answer before the body was read arrives whole', async () => {
  const answer = 'too large '.repeat(10_000);
  const application = nodeApplication((_request, response) => {
    response.writeHead(413, { 'Content-Type': 'text/plain' }).end(answer);
  });
  const piece = Buffer.alloc(64 * 1024);
  const environ = sampleEnviron({
    REQUEST_METHOD: 'POST',
    CONTENT_LENGTH: String(100 * piece.length),
    'wsgi.input': new BodyInputStream(() => piece),
  });
  const body = await application(environ, () => async () => {});
  expect(Buffer.concat(await Array.fromAsync(body)).toString()).toBe(answer);
});

test('what the listener has left behind can be read later', async () => {
  const closed = Promise.withResolvers<void>();
  const application = nodeApplication((_request, response) => {
    response.once('close', closed.resolve).end('x'.repeat(10_000));
  });
  const body = await application(sampleEnviron(), () => async () => {});
  await closed.promise;
  expect(Buffer.concat(await Array.fromAsync(body))).toHaveLength(10_000);
});

test('a client that leaves closes the response', async () => {
  const closed = Promise.withResolvers<boolean>();
  const { port } = await serve(
    nodeApplication((request, response) => {
      response.setHeader('Content-Type', 'text/plain').write('first');
      response.once('close', () => closed.resolve(request.destroyed));
    }),
  );
  const client = await connectTo(port);
  client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(client, 'data');
  client.destroy();
  expect(await closed.promise).toBe(true);
});

const FAULT = new Error('a planted fault');

test.for<[how: string, listener: NodeListener]>([
  ['at once', () => Promise.reject(FAULT)],
  [
    'synchronously',
    () => {
      throw FAULT;
    },
  ],
  ['after a while', () => new Promise((_, reject) => setImmediate(reject, FAULT))],
  ['by its connection', (_request, response) => void response.destroy(FAULT)],
])('a listener that fails %s, is a fault of the application', async ([, listener]) => {
  const application = nodeApplication(listener);
  const started = application(sampleEnviron(), () => async () => {});
  await expect(started).rejects.toThrow(/^(?:a planted fault|socket hang up)$/);
});

test('a response that is cut stays visibly incomplete', async () => {
  const received = Promise.withResolvers<void>();
  const { port } = await serve(
    nodeApplication(async (_request, response) => {
      response.setHeader('Content-Type', 'text/plain').write('first');
      await received.promise;
      response.destroy();
    }),
    { 'wsgi.errors': sampleEnviron()['wsgi.errors'] },
  );
  const client = await connectTo(port);
  client.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  expect(await readUntil(client, 'first')).toMatch(/\r\n5\r\nfirst\r\n$/);
  const rest = readAll(client);
  received.resolve();
  expect(await rest).toBe('');
});

test.for<[title: string, listener: NodeListener]>([
  ['nobody reads', (_request, response) => void setTimeout(() => response.end('late'), 5000)],
  ['a listener reads', async (request, response) => response.end(await text(request))],
])('a malformed body that %s is a 400, and the response closes', async ([, listener]) => {
  const closed = Promise.withResolvers<void>();
  const answer = await answerOf((request, response) => {
    response.once('close', closed.resolve);
    return listener(request, response);
  }, MALFORMED);
  expect(answer.status).toBe('400 Bad Request');
  await closed.promise;
});

const MALFORMED = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nW';

test('a body that is awaited with a 100 is not read ahead', async () => {
  const read = Promise.withResolvers<string>();
  const environ = {
    ...sampleEnviron(),
    CONTENT_LENGTH: '1',
    HTTP_EXPECT: '100-continue',
    'wsgi.input': new BodyInputStream(() => {
      read.resolve('read');
      return undefined;
    }),
  };
  const answered = nodeApplication((_request, response) => {
    setImmediate(() => response.writeHead(401).end());
  })(environ, () => async () => {});
  const first = await Promise.race([read.promise, answered]);
  expect(first).not.toBe('read');
});
