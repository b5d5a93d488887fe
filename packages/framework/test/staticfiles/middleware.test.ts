import { symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HttpResponse } from '../../src/response.ts';
import { staticFiles } from '../../src/staticfiles/middleware.ts';
import { path } from '../../src/urls/path.ts';
import { capturedLog } from '../captured-log.ts';
import { serveProject } from '../serve.ts';
import { makeTree } from './tree.ts';

const MODIFIED = new Date('2026-11-22T10:00:00Z');

// One suite for both ways to serve: from the finders under DEBUG, else from the table of STATIC_ROOT.
for (const DEBUG of [true, false]) {
  const way = DEBUG ? 'from the folders' : 'from the table';

  async function serveStatic(more: Record<string, string> = {}) {
    const root = makeTree({
      'static/app.css': 'a { color: red }',
      'static/img/logo.svg': '<svg/>',
      'static/a b.txt': 'spaced',
      'static/data.bin': 'unknown type',
      'static/.hidden': 'hidden',
      'static/staticfiles.json': '{"paths":{},"version":"1.1","hash":""}',
      'static/.git/config': 'hidden',
      'secret.txt': 'outside',
      ...more,
    });
    const folder = join(root, 'static');
    symlinkSync(join(root, 'secret.txt'), join(folder, 'leak.txt'));
    symlinkSync(join(folder, 'app.css'), join(folder, 'alias.css'));
    utimesSync(join(folder, 'app.css'), MODIFIED, MODIFIED);
    const server = await serveProject({
      urlpatterns: [path('', () => new HttpResponse('view'))],
      middleware: [staticFiles],
      settings: { DEBUG, STATIC_URL: '/static/', STATIC_ROOT: folder, STATICFILES_DIRS: [folder] },
    });
    return { ...server, folder };
  }

  test(`${way}: a file comes with its type, length, ETag and date`, async () => {
    const { get } = await serveStatic();
    const answer = await get('/static/app.css');
    expect(answer).toMatchObject({ status: 200, text: 'a { color: red }' });
    expect(answer.headers).toMatchObject({
      'content-type': 'text/css; charset=utf-8',
      'content-length': '16',
      'last-modified': 'Sun, 22 Nov 2026 10:00:00 GMT',
      etag: expect.stringMatching(/^"[\w-]{20,}"$/),
    });
  });

  test.for<[target: string, type: string]>([
    ['/static/img/logo.svg', 'image/svg+xml'],
    ['/static/a%20b.txt', 'text/plain; charset=utf-8'],
    ['/static/data.bin', 'application/octet-stream'],
    ['/static/alias.css', 'text/css; charset=utf-8'],
  ])(`${way}: %s is %s`, async ([target, type]) => {
    const { get } = await serveStatic();
    const answer = await get(target);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe(type);
  });

  test.for([
    '/static/',
    '/static/img',
    '/static/img/',
    '/static/missing.css',
    '/static/leak.txt',
    '/static/../secret.txt',
    '/static/%2e%2e/secret.txt',
    '/static/..%2fsecret.txt',
    '/static/img/../../secret.txt',
    '/static//etc/passwd',
    '/static/..%5csecret.txt',
    '/static/app.css%00.txt',
    '/static/app.css/',
    '/static/__proto__',
    '/static//app.css',
    '/static/img/../app.css',
    '/static/.hidden',
    '/static/.git/config',
  ])(`${way}: %s is a 404`, async (target) => {
    const { get } = await serveStatic();
    expect((await get(target)).status).toBe(404);
  });

  test(`${way}: HEAD has the headers and no body`, async () => {
    const { get } = await serveStatic();
    const answer = await get('/static/app.css', { method: 'HEAD' });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-length']).toBe('16');
    expect(answer.text).toBe('');
  });

  test(`${way}: other methods get 405 with Allow`, async () => {
    capturedLog();
    const { get } = await serveStatic();
    const answer = await get('/static/app.css', { method: 'POST' });
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe('GET, HEAD');
  });

  test.for<[header: string, value: string, status: number]>([
    ['If-None-Match', 'ETAG', 304],
    ['If-None-Match', 'W/ETAG', 304],
    ['If-None-Match', '"other", ETAG', 304],
    ['If-None-Match', '*', 304],
    ['If-None-Match', '"other"', 200],
    ['If-Modified-Since', 'Sun, 22 Nov 2026 10:00:00 GMT', 304],
    ['If-Modified-Since', 'Sun, 22 Nov 2026 09:59:59 GMT', 200],
    ['If-Modified-Since', 'whenever', 200],
  ])(`${way}: %s: %s gives %i`, async ([header, value, status]) => {
    const { get } = await serveStatic();
    const { etag = '' } = (await get('/static/app.css')).headers;
    const answer = await get('/static/app.css', {
      headers: { [header]: value.replace('ETAG', etag) },
    });
    expect(answer.status).toBe(status);
  });

  test(`${way}: a 304 repeats the ETag, and has no length`, async () => {
    const { get } = await serveStatic();
    const { etag = '' } = (await get('/static/app.css')).headers;
    const { headers } = await get('/static/app.css', { headers: { 'If-None-Match': etag } });
    expect(headers).toMatchObject({ etag });
    expect(headers).not.toHaveProperty('content-length');
  });

  test(`${way}: If-None-Match counts before If-Modified-Since`, async () => {
    const { get } = await serveStatic();
    const headers = {
      'If-None-Match': '"other"',
      'If-Modified-Since': 'Sun, 22 Nov 2026 10:00:00 GMT',
    };
    expect((await get('/static/app.css', { headers })).status).toBe(200);
  });

  test(`${way}: other paths are the project's`, async () => {
    const { get } = await serveStatic();
    expect((await get('/')).text).toBe('view');
  });

  test(`${way}: a change on the disk ${DEBUG ? 'shows' : 'waits for the next start'}`, async () => {
    const { get, folder } = await serveStatic();
    writeFileSync(join(folder, 'new.css'), 'new');
    expect((await get('/static/new.css')).status).toBe(DEBUG ? 200 : 404);
  });
}

test('of the folders the first that has a file gives it', async () => {
  const root = makeTree({ 'one/app.css': 'one', 'two/app.css': 'two', 'two/img/logo.png': 'png' });
  const STATICFILES_DIRS = [join(root, 'one'), join(root, 'two')];
  const settings = { DEBUG: true, STATIC_URL: '/static/', STATICFILES_DIRS };
  const { get } = await serveProject({ middleware: [staticFiles], settings });
  expect((await get('/static/app.css')).text).toBe('one');
  expect((await get('/static/img/logo.png')).text).toBe('png');
  expect((await get('/static/../two/app.css')).status).toBe(404);
});

/** Serves the folder `static` of a tree from the table. */
async function serveTable(files: Readonly<Record<string, string>>) {
  const folder = join(makeTree(files), 'static');
  const settings = { DEBUG: false, STATIC_URL: '/static/', STATIC_ROOT: folder };
  return { ...(await serveProject({ middleware: [staticFiles], settings })), folder };
}

function manifest(paths: Readonly<Record<string, string>>): string {
  return JSON.stringify({ paths, version: '1.1', hash: '' });
}

test('a missing manifest is told at the start', async () => {
  const lines = capturedLog();
  const { folder } = await serveTable({ 'static/app.css': '' });
  expect(lines).toMatchObject([
    {
      level: 'warn',
      message: `There is no 'staticfiles.json' in STATIC_ROOT '${folder}': run collectstatic.`,
    },
  ]);
});

test('the manifest is not served', async () => {
  const { get } = await serveTable({ 'static/staticfiles.json': manifest({}) });
  expect((await get('/static/staticfiles.json')).status).toBe(404);
});

test('only what the manifest names is immutable, whatever else looks like it', async () => {
  const { get } = await serveTable({
    'static/staticfiles.json': manifest({ 'app.css': 'app.b864b7b520ea.css' }),
    'static/app.b864b7b520ea.css': '',
    'static/other.b864b7b520ea.css': '',
  });
  const cacheControl = async (name: string) =>
    (await get(`/static/${name}`)).headers['cache-control'];
  expect(await cacheControl('app.b864b7b520ea.css')).toBe('max-age=315360000, public, immutable');
  expect(await cacheControl('other.b864b7b520ea.css')).toBe('max-age=60, public');
});

test('of the variants the smallest that is accepted is sent', async () => {
  const { get } = await serveTable({
    'static/staticfiles.json': manifest({}),
    'static/app.css': 'the file as it is',
    'static/app.css.gz': 'gzip',
    'static/app.css.br': 'brotli',
  });
  const sent = async (accepted: string) =>
    (await get('/static/app.css', { headers: { 'Accept-Encoding': accepted } })).text;
  expect(await sent('br, gzip')).toBe('gzip');
  expect(await sent('br, gzip;q=0.9')).toBe('brotli');
  expect(await sent('br;q=0.5, identity')).toBe('the file as it is');
});

test('a file without variants does not vary', async () => {
  const { get } = await serveTable({
    'static/staticfiles.json': manifest({}),
    'static/logo.png': 'png',
  });
  const answer = await get('/static/logo.png', {
    headers: { 'Accept-Encoding': 'identity;q=0.5' },
  });
  expect(answer.headers).not.toHaveProperty('vary');
});
