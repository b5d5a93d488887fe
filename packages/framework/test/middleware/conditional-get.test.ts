import { expect, test, vi } from 'vitest';
import { respondWith } from '../../src/files/representation.ts';
import { conditionalGet } from '../../src/middleware/conditional-get.ts';
import { HttpResponse } from '../../src/response.ts';
import { path, type View } from '../../src/urls/path.ts';
import { capturedLog } from '../captured-log.ts';
import { serveProject } from '../serve.ts';

function serveView(view: View) {
  return serveProject({ urlpatterns: [path('', view)], middleware: [conditionalGet] });
}

test('an answer gets an ETag, which then spares its body', async () => {
  const { get } = await serveView(
    () => new HttpResponse('content', { headers: { Vary: 'Cookie', 'Cache-Control': 'no-cache' } }),
  );
  const { etag } = (await get('/')).headers;
  const again = await get('/', { headers: { 'If-None-Match': `"other", W/${etag}` } });
  expect(again.status).toBe(304);
  expect(again.text).toBe('');
  expect(again.headers).toMatchObject({ etag, vary: 'Cookie', 'cache-control': 'no-cache' });
  expect(again.headers).not.toHaveProperty('content-type');
  expect(again.headers).not.toHaveProperty('content-length');
  expect((await get('/', { headers: { 'If-None-Match': '"other"' } })).text).toBe('content');
});

test('HEAD has the ETag of GET', async () => {
  const { get } = await serveView(() => new HttpResponse('content'));
  const { etag } = (await get('/')).headers;
  expect((await get('/', { method: 'HEAD' })).headers.etag).toBe(etag);
});

test('HEAD of what is streamed has none, as GET', async () => {
  const { get } = await serveView((request) =>
    respondWith(request, { sizeBytes: 1, contentType: 'text/plain', open: () => [Buffer.of(1)] }),
  );
  for (const method of ['GET', 'HEAD']) {
    expect((await get('/', { method })).headers).not.toHaveProperty('etag');
  }
});

test("a view's own ETag and date count", async () => {
  const own = { ETag: '"own"', 'Last-Modified': 'Sun, 06 Nov 1994 08:49:37 GMT' };
  const { get } = await serveView(() => new HttpResponse('content', { headers: own }));
  const since = { 'If-Modified-Since': 'Sun, 06 Nov 1994 08:49:37 GMT' };
  expect((await get('/', { headers: { 'If-None-Match': '"own"' } })).status).toBe(304);
  expect((await get('/', { headers: since })).status).toBe(304);
  expect((await get('/', { headers: { ...since, 'If-None-Match': '"no"' } })).status).toBe(200);
  expect((await get('/', { headers: { 'If-Match': '"no"' } })).status).toBe(412);
});

test.for<[what: string, method: string, view: View]>([
  ['a stream', 'GET', () => new HttpResponse(['a', 'b'])],
  [
    'what is not to be stored',
    'GET',
    () => new HttpResponse('a', { headers: { 'Cache-Control': 'no-store' } }),
  ],
  [
    'what is not to be stored, in capitals',
    'GET',
    () => new HttpResponse('a', { headers: { 'Cache-Control': 'private, No-Store' } }),
  ],
  ['an error', 'GET', () => new HttpResponse('a', { status: 404 })],
  ['the answer to a POST', 'POST', () => new HttpResponse('a')],
])('%s gets no ETag', async ([, method, view]) => {
  capturedLog();
  const { get } = await serveView(view);
  const answer = await get('/', { method });
  expect(answer.text).not.toBe('');
  expect(answer.status).not.toBe(500);
  expect(answer.headers).not.toHaveProperty('etag');
});

test.for(['my-directive="my-no-store"', 'no-store-ever', 'a="b, no-store"'])(
  'Cache-Control: %s is not no-store',
  async (value) => {
    const { get } = await serveView(
      () => new HttpResponse('a', { headers: { 'Cache-Control': value } }),
    );
    expect((await get('/')).headers).toHaveProperty('etag');
  },
);

test('a 304 says nothing of what it does not have', async () => {
  const headers = { ETag: '"own"', 'Content-Language': 'de', 'Content-Location': '/de/' };
  const { get } = await serveView(() => new HttpResponse('Inhalt', { headers }));
  const answer = await get('/', { headers: { 'If-None-Match': '"own"' } });
  expect(answer.headers).toHaveProperty('content-location');
  expect(answer.headers).not.toHaveProperty('content-language');
});

test('a stream without an ETag is there all the same', async () => {
  const { get } = await serveView(() => new HttpResponse(['a', 'b']));
  expect((await get('/', { headers: { 'If-Match': '*' } })).status).toBe(200);
  expect((await get('/', { headers: { 'If-None-Match': '*' } })).status).toBe(304);
});

test.for([
  ['If-None-Match', '"own"', 304],
  ['If-Match', '"other"', 412],
] as const)('with %s: %s, the %i names no coding', async ([name, value, status]) => {
  const headers = { ETag: '"own"', 'Content-Encoding': 'gzip' };
  const { get } = await serveView(() => new HttpResponse('content', { headers }));
  const answer = await get('/', { headers: { [name]: value } });
  expect(answer.status).toBe(status);
  expect(answer.headers).not.toHaveProperty('content-encoding');
});

test('a body that is not sent is closed all the same', async () => {
  const close = vi.fn<() => void>();
  const { get } = await serveView(() => {
    const response = new HttpResponse(['content'], { headers: { ETag: '"own"' } });
    response.body = Object.assign(response.body, { close });
    return response;
  });
  expect((await get('/', { headers: { 'If-None-Match': '"own"' } })).status).toBe(304);
  await vi.waitFor(() => expect(close).toHaveBeenCalledOnce());
});
