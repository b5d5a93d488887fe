import { once } from 'node:events';
import { expect, test } from 'vitest';
import { fetchApplication } from '../../src/adapters/fetch-application.ts';
import { BodyInputStream } from '../../src/input-stream.ts';
import { ProtocolError } from '../../src/status.ts';
import type { Environ, HeaderList } from '../../src/types.ts';
import { connectTo, exchange, readUntil, valuesOf } from '../raw-client.ts';
import { serve } from '../../../framework/test/serve.ts';
import { sampleEnviron } from '../environ.ts';

test('it gets a Request with method, URL, fields and body', async () => {
  const { get } = await serve(
    fetchApplication(async (request) => {
      const { method, url, headers } = request;
      const fields = [headers.get('x-name'), headers.get('cookie')];
      return Response.json({ method, url, fields, body: await request.text() });
    }),
  );
  const headers = { Host: 'shop.test', 'X-Name': 'caf\xe9', Cookie: ['a=1', 'b=2'] };
  const answer = await get('/a%2Fb?c=%20', {
    method: 'PUT',
    body: Buffer.from('some text'),
    headers,
  });
  expect(JSON.parse(answer.text)).toEqual({
    method: 'PUT',
    url: 'http://shop.test/a%2Fb?c=%20',
    fields: ['caf\xe9', 'a=1; b=2'],
    body: 'some text',
  });
});

test.for<[environ: Parameters<typeof sampleEnviron>[0], url: string]>([
  [{ 'wsgi.url_scheme': 'https', HTTP_HOST: 'shop.test' }, 'https://shop.test/'],
  [{ SERVER_NAME: '::1', SERVER_PORT: '8000' }, 'http://[::1]:8000/'],
  [
    { HTTP_HOST: 'h', SCRIPT_NAME: '/shop', PATH_INFO: '/a b', QUERY_STRING: 'c' },
    'http://h/a%20b?c',
  ],
  [{ HTTP_HOST: 'h', PATH_INFO: '//evil.test/' }, 'http://h//evil.test/'],
  [{ HTTP_HOST: 'h', RAW_URI: '*', PATH_INFO: '' }, 'http://h/*'],
  [
    { HTTP_HOST: 'h', SCRIPT_NAME: '/shop', PATH_INFO: '/a/b', RAW_URI: '/shop/a%2Fb' },
    'http://h/a%2Fb',
  ],
  [
    { SERVER_NAME: '/tmp/x.sock', SERVER_PORT: '0', PATH_INFO: '/healthz' },
    'http://localhost/healthz',
  ],
])('the URL of %j is %s', async ([changes, expected]) => {
  let url = '';
  const application = fetchApplication((request) => {
    url = request.url;
    return new Response();
  });
  await application(sampleEnviron(changes), () => async () => {});
  expect(url).toBe(expected);
});

test.for(['1.2.3.256', 'user@shop.test', ':secret@shop.test'])(
  'the Host %s, which cannot stand in the URL of a Request, is a 400',
  async (host) => {
    const { port } = await serve(fetchApplication(() => new Response()));
    const request = `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
    expect((await exchange(port, request)).status).toBe('400 Bad Request');
  },
);

/** Tells the method, and the content of the Request and of environ. */
const tell = fetchApplication(async (request, environ) => {
  const left = Buffer.from(await environ['wsgi.input'].read()).toString();
  return new Response(`${request.method} ${request.body === null ? 'without' : 'with'} ${left}`);
});

test.for<[method: string, fields: Partial<Environ>, told: string]>([
  ['GET', { CONTENT_LENGTH: '0' }, 'GET without '],
  ['HEAD', { CONTENT_LENGTH: '0' }, 'HEAD without '],
  ['GET', { CONTENT_LENGTH: '4' }, 'GET without body'],
  ['HEAD', { HTTP_TRANSFER_ENCODING: 'chunked' }, 'HEAD without body'],
  ['POST', { CONTENT_LENGTH: '0' }, 'POST without '],
  ['BREW', { CONTENT_LENGTH: '4' }, 'BREW with body'],
  ['brew', {}, 'brew without '],
])('%s with %j is a Request: %s', async ([method, fields, told]) => {
  const pieces = told.endsWith('body') ? [Buffer.from('body')] : [];
  const environ = sampleEnviron({
    REQUEST_METHOD: method,
    ...fields,
    'wsgi.input': new BodyInputStream(() => pieces.shift()),
  });
  const body = await tell(environ, () => async () => {});
  expect(Buffer.concat(await Array.fromAsync(body)).toString()).toBe(told);
});

test.for(['TRACE', 'trace', 'CONNECT', 'TRACK', 'get', 'Post', 'delete'])(
  '%s is none, and a 501',
  async (method) => {
    const answered = tell(sampleEnviron({ REQUEST_METHOD: method }), () => async () => {});
    await expect(answered).rejects.toMatchObject({ status: 501 });
  },
);

test.for<[response: () => Response, length: readonly string[], body: string]>([
  [() => new Response('caf\xe9'), ['5'], 'caf\xc3\xa9'],
  [() => Response.json({ a: 1 }), ['7'], '{"a":1}'],
  [() => new Response(''), ['0'], ''],
  [() => new Response(null), ['0'], ''],
  [() => new Response(Buffer.alloc(100_000, 'x')), ['100000'], 'x'.repeat(100_000)],
])('a body of known size has its length: %o', async ([response, length, body]) => {
  const { port } = await serve(
    fetchApplication(() => {
      const answer = response();
      answer.headers.set('Content-Type', 'text/plain');
      return answer;
    }),
  );
  const request = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
  const answer = await exchange(port, request);
  expect(answer.body).toBe(body);
  expect(valuesOf(answer, 'content-length')).toEqual(length);
});

test('the head of a stream does not wait for its first piece', async () => {
  const seen = Promise.withResolvers<void>();
  const { port } = await serve(
    fetchApplication(() => {
      const body = new ReadableStream({
        async pull(controller) {
          await seen.promise;
          controller.enqueue(Buffer.from('data: 1'));
          controller.close();
        },
      });
      return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
    }),
  );
  const client = await connectTo(port);
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(await readUntil(client, '\r\n\r\n')).toMatch(/event-stream/);
  seen.resolve();
  await readUntil(client, 'data: 1');
  client.destroy();
});

test('a stream that fails before its first piece is a 500, later it is cut', async () => {
  const pieces = [Buffer.from('first')];
  const { port } = await serve(
    fetchApplication(() => {
      const body = new ReadableStream({
        pull(controller) {
          const piece = pieces.shift();
          if (piece === undefined) controller.error(new Error('planted'));
          else controller.enqueue(piece);
        },
      });
      return new Response(body, { headers: { 'Content-Type': 'text/plain' } });
    }),
    { 'wsgi.errors': sampleEnviron()['wsgi.errors'] },
  );
  const request = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
  const cut = await exchange(port, request);
  expect(cut).toMatchObject({ status: '200 OK', body: 'first', isComplete: false });
  expect((await exchange(port, request)).status).toBe('500 Internal Server Error');
});

test('what is wrong with the body keeps its status where the framework catches it', async () => {
  const { get } = await serve(
    fetchApplication(async (request) => {
      const text = await request.text().catch(() => undefined);
      return new Response(text, { status: text === undefined ? 500 : 200 });
    }),
    {
      'wsgi.input': new BodyInputStream(() => {
        throw new ProtocolError(413, 'too large');
      }),
    },
  );
  expect((await get('/', { method: 'POST', body: 'x' })).status).toBe(413);
});

test('environ comes along', async () => {
  const { get } = await serve(
    fetchApplication((_request, environ) => new Response(environ.REMOTE_ADDR)),
  );
  expect((await get('/')).text).toBe('127.0.0.1');
});

test.for<[response: () => Response, status: string, headers: HeaderList]>([
  [() => new Response(null, { status: 404 }), '404 Not Found', []],
  [() => new Response(null, { status: 299, statusText: 'Caf\xe9' }), '299 Caf\xe9', []],
  [
    () => new Response(null, { headers: { Connection: 'close', Trailer: 'X-B', 'X-A': 'b' } }),
    '200 OK',
    [['x-a', 'b']],
  ],
  [
    () => new Response(null, { statusText: 'a\tb', headers: { 'X-A': 'b\tc' } }),
    '200 a b',
    [['x-a', 'b c']],
  ],
  [
    () => new Response(null, { status: 426, headers: { Upgrade: 'h2c' } }),
    '426 Upgrade Required',
    [['upgrade', 'h2c']],
  ],
  [
    () =>
      new Response(null, {
        headers: [
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
        ],
      }),
    '200 OK',
    [
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ],
  ],
])('%o is sent as %s with %j', async ([response, status, headers]) => {
  const seen: unknown[] = [];
  const application = fetchApplication(response);
  await application(sampleEnviron(), (...head) => {
    seen.push(...head);
    return async () => {};
  });
  expect(seen).toEqual([status, headers]);
});

test('a client that leaves aborts the signal, and cancels the body', async () => {
  const aborted = Promise.withResolvers<void>();
  const cancelled = Promise.withResolvers<void>();
  const { port } = await serve(
    fetchApplication((request) => {
      request.signal.addEventListener('abort', () => aborted.resolve());
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(Buffer.from('first')),
        cancel: () => cancelled.resolve(),
      });
      return new Response(body, { headers: { 'Content-Type': 'text/plain' } });
    }),
  );
  const client = await connectTo(port);
  client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(client, 'data');
  client.destroy();
  await aborted.promise;
  await cancelled.promise;
});
