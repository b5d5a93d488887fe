import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { nodeApplication, type NodeListener } from '../../src/adapters/node-application.ts';
import { BodyInputStream } from '../../src/input-stream.ts';
import type { Environ } from '../../src/types.ts';
import { serve } from '../../../framework/test/serve.ts';
import { sampleEnviron } from '../environ.ts';
import { connectTo, readAll, readUntil } from '../raw-client.ts';

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

test('a listener gets the method, the target as it came, and the body', async () => {
  const options = { method: 'PUT', body: 'some text' };
  expect(await told({}, '/a/../b%2Fc?d=%20', options)).toMatchObject({
    method: 'PUT',
    url: '/a/../b%2Fc?d=%20',
    body: 'some text',
  });
});

test('below a mount point, it gets the rest of the path', async () => {
  const environ = { SCRIPT_NAME: '/shop', PATH_INFO: '/caf\xe9 1', QUERY_STRING: 'a=b' };
  expect(await told(environ, '/shop/caf%E9%201?a=b')).toMatchObject({ url: '/caf%E9%201?a=b' });
  expect(await told({ ...environ, PATH_INFO: '' }, '/shop?a=b')).toMatchObject({ url: '/?a=b' });
});

test('it gets the header fields of the request, and no others', async () => {
  const headers = { Host: 'shop.test', 'X-Name': 'caf\xe9', Cookie: ['a=1', 'b=2'] };
  expect(await told({}, '/', { headers })).toMatchObject({
    headers: { host: 'shop.test', 'x-name': 'caf\xe9', cookie: 'a=1; b=2', connection: 'close' },
  });
});

test('what the server in front has settled is not asked again', async () => {
  const fields = { HTTP_EXPECT: '100-continue', HTTP_UPGRADE: 'websocket', HTTP_TE: 'trailers' };
  const { headers } = await told(fields);
  expect(Object.keys(headers as object).toSorted()).toEqual(['connection', 'host']);
});

test('a request without a body announces none', async () => {
  const { headers } = await told({}, '/', { method: 'DELETE' });
  expect(Object.keys(headers as object).toSorted()).toEqual(['connection', 'host']);
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
