import { once } from 'node:events';
import { expect, test } from 'vitest';
import { fetchApplication } from '../../src/adapters/fetch-application.ts';
import type { HeaderList } from '../../src/types.ts';
import { connectTo, exchange } from '../raw-client.ts';
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
])('the URL of %j is %s', async ([changes, expected]) => {
  let url = '';
  const application = fetchApplication((request) => {
    url = request.url;
    return new Response();
  });
  await application(sampleEnviron(changes), () => async () => {});
  expect(url).toBe(expected);
});

test('a Host that cannot stand in a URL is a 400', async () => {
  const { port } = await serve(fetchApplication(() => new Response()));
  const request = 'GET / HTTP/1.1\r\nHost: 1.2.3.256\r\nConnection: close\r\n\r\n';
  expect((await exchange(port, request)).status).toBe('400 Bad Request');
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
    () => new Response(null, { headers: { Connection: 'close', 'X-A': 'b' } }),
    '200 OK',
    [['x-a', 'b']],
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
