import { expect, test, vi } from 'vitest';
import { conditional } from '../src/conditional.ts';
import { HttpResponse, redirect } from '../src/response.ts';
import { path, type View } from '../src/urls/path.ts';
import { serveProject } from './serve.ts';

const VALIDATORS = { etag: '"v2"', modified: new Date('1994-11-06T08:49:37.900Z') };
const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';

test.for<[method: string, headers: Record<string, string>, status: number]>([
  ['GET', {}, 200],
  ['GET', { 'If-None-Match': '"v1"' }, 200],
  ['GET', { 'If-None-Match': '"v1", W/"v2"' }, 304],
  ['HEAD', { 'If-None-Match': '*' }, 304],
  ['GET', { 'If-Modified-Since': DATE }, 304],
  ['PUT', { 'If-Match': '"v2"' }, 200],
  ['PUT', { 'If-Match': '"v1"' }, 412],
  ['PUT', { 'If-None-Match': '*' }, 412],
  ['PUT', { 'If-Unmodified-Since': 'Sun, 06 Nov 1994 08:49:36 GMT' }, 412],
])(
  '%s with %j is answered %i, without the view unless it is 200',
  async ([method, headers, status]) => {
    const view = vi.fn<View>(() => new HttpResponse('content'));
    const { get } = await serveProject({
      urlpatterns: [
        path(
          '',
          conditional(() => VALIDATORS, view),
        ),
      ],
    });
    const answer = await get('/', { method, headers });
    expect(answer.status).toBe(status);
    expect(view).toHaveBeenCalledTimes(status === 200 ? 1 : 0);
  },
);

test('what is read carries the validators, what was changed does not', async () => {
  const { get } = await serveProject({
    urlpatterns: [
      path(
        '<int:id>/',
        conditional(
          (_, { id }: { id: number }) => ({ ...VALIDATORS, etag: `"${id}"` }),
          () => new HttpResponse('content'),
        ),
      ),
    ],
  });
  for (const headers of [{}, { 'If-None-Match': '"7"' }]) {
    expect((await get('/7/', { headers })).headers).toMatchObject({
      etag: '"7"',
      'last-modified': DATE,
    });
  }
  expect((await get('/7/', { method: 'PUT' })).headers).not.toHaveProperty('etag');
});

test('what leads elsewhere does not carry the validators', async () => {
  const view = conditional(
    () => VALIDATORS,
    () => redirect('/elsewhere/'),
  );
  const { get } = await serveProject({ urlpatterns: [path('', view)] });
  const { headers } = await get('/');
  expect(headers).not.toHaveProperty('etag');
  expect(headers).not.toHaveProperty('last-modified');
});

test('a date alone tells that there is something', async () => {
  const { get } = await serveProject({
    urlpatterns: [
      path(
        '',
        conditional(
          () => ({ modified: VALIDATORS.modified }),
          () => new HttpResponse('content'),
        ),
      ),
    ],
  });
  const put = async (headers: Record<string, string>) =>
    (await get('/', { method: 'PUT', headers })).status;
  expect(await put({ 'If-None-Match': '*' })).toBe(412);
  expect(await put({ 'If-Match': '*' })).toBe(200);
});
