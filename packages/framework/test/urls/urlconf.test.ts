import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ImproperlyConfigured } from '../../src/errors.ts';
import { HttpResponse, jsonResponse } from '../../src/response.ts';
import { allowMethods, include, path, type UrlPattern, type View } from '../../src/urls/path.ts';
import { compileUrlconf, loadUrlconf } from '../../src/urls/urlconf.ts';
import { serveProject } from '../serve.ts';

test.for<[name: string, complaint: string]>([
  ['', 'ROOT_URLCONF is not set'],
  [join(import.meta.dirname, '../project/src/sample/settings.ts'), 'has no list urlpatterns'],
  ['sample.nowhere', 'no file'],
])('ROOT_URLCONF %j is refused', async ([name, complaint]) => {
  await expect(loadUrlconf(name)).rejects.toThrow(complaint);
});

// What the compiler refuses reaches the running program all the same: tsx does not check types.
const nothing: unknown = undefined;

test.for<[pattern: UrlPattern, complaint: string]>([
  [path('x/', nothing as View), "URL pattern 'a/x/' has the view undefined: expected a function."],
  [
    include('z/', nothing as UrlPattern[]),
    "include('a/z/') has the urlpatterns undefined: expected a list.",
  ],
  ['shop.urls' as unknown as UrlPattern, "urlpatterns has 'shop.urls': expected what path() or"],
])('%j is refused before the first request', ([pattern, complaint]) => {
  const compile = () => compileUrlconf([include('a/', [pattern])]);
  expect(compile).toThrow(ImproperlyConfigured);
  expect(compile).toThrow(complaint);
});

const urlpatterns = [
  path('items/<int:id>/', (_, { id }) => jsonResponse({ id })),
  path('items/<str:word>/', (_, { word }) => jsonResponse({ word })),
  path('no-slash', () => new HttpResponse('no slash')),
  include('<path:where>/in/', [path('', () => new HttpResponse('any'))]),
  path(
    'form/',
    allowMethods(['GET', 'POST'], () => new HttpResponse('form')),
  ),
];

test('the first pattern that matches wins, with its typed parameters', async () => {
  const { get } = await serveProject({ urlpatterns });
  expect((await get('/items/7/')).text).toBe('{"id":7}');
  expect((await get('/items/seven/')).text).toBe('{"word":"seven"}');
  expect((await get('/items/')).status).toBe(404);
});

test.for<[method: string, path: string, status: number, location: string | undefined]>([
  ['GET', '/items/7?a=%20b', 301, '/items/7/?a=%20b'],
  ['GET', '/items/caf%C3%A9', 301, '/items/caf%C3%A9/'],
  ['GET', '/items/bad%FF', 301, '/items/bad%FF/'],
  ['HEAD', '/items/7', 301, '/items/7/'],
  ['POST', '/items/7', 308, '/items/7/'],
  ['GET', '//evil.example/in', 301, '/%2Fevil.example/in/'],
  ['GET', '/no-slash/', 404, undefined],
  ['GET', '/nowhere', 404, undefined],
])('%s %s gives %i to %s', async ([method, target, status, location]) => {
  const { get } = await serveProject({ urlpatterns });
  const answer = await get(target, { method });
  expect(answer.status).toBe(status);
  expect(answer.headers.location).toBe(location);
});

test('without APPEND_SLASH a missing slash is a 404', async () => {
  const { get } = await serveProject({ urlpatterns, settings: { APPEND_SLASH: false } });
  expect((await get('/items/7')).status).toBe(404);
});

test('a redirect for the slash keeps the prefix of the mount', async () => {
  const { get } = await serveProject({ urlpatterns, environ: { SCRIPT_NAME: '/shop' } });
  expect((await get('/items/7')).headers.location).toBe('/shop/items/7/');
});

test.for([
  ['GET', 200],
  ['HEAD', 200],
  ['POST', 200],
  ['DELETE', 405],
] as const)('%s to a view of GET and POST gives %i', async ([method, status]) => {
  const { get } = await serveProject({ urlpatterns });
  const answer = await get('/form/', { method });
  expect(answer.status).toBe(status);
  expect(answer.headers.allow).toBe(status === 405 ? 'GET, HEAD, POST, OPTIONS' : undefined);
});

const byMethod = [
  path('items/<int:id>/', {
    GET: (_, { id }) => jsonResponse({ got: id }),
    PUT: (_, { id }) => jsonResponse({ put: id + 1 }),
  }),
  path('post/', { POST: () => new HttpResponse('posted') }),
  path('own/', { OPTIONS: () => new HttpResponse('own') }),
  path('any/', ({ method }) => new HttpResponse(method)),
];

test.for<[method: string, path: string, status: number, text: string, allow: string | undefined]>([
  ['GET', '/items/7/', 200, '{"got":7}', undefined],
  ['HEAD', '/items/7/', 200, '', undefined],
  ['PUT', '/items/7/', 200, '{"put":8}', undefined],
  ['DELETE', '/items/7/', 405, '', 'GET, HEAD, PUT, OPTIONS'],
  ['OPTIONS', '/items/7/', 204, '', 'GET, HEAD, PUT, OPTIONS'],
  ['OPTIONS', '/post/', 204, '', 'POST, OPTIONS'],
  ['HEAD', '/post/', 405, '', 'POST, OPTIONS'],
  ['OPTIONS', '/own/', 200, 'own', undefined],
  ['OPTIONS', '/any/', 200, 'OPTIONS', undefined],
])('%s of %s, whose path has a view for each method, gets %i', async ([method, ...expected]) => {
  const [target, status, text, allow] = expected;
  const { get } = await serveProject({ urlpatterns: byMethod });
  const answer = await get(target, { method });
  expect([answer.status, answer.headers.allow]).toEqual([status, allow]);
  expect(status === 405 ? '' : answer.text).toBe(text);
});
