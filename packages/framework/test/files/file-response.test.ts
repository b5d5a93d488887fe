import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileResponse, type FileOptions } from '../../src/files/file-response.ts';
import { respondWith } from '../../src/files/representation.ts';
import type { Settings } from '../../src/settings.ts';
import { path } from '../../src/urls/path.ts';
import { capturedLog } from '../captured-log.ts';
import { serveProject } from '../serve.ts';
import { makeTree } from '../staticfiles/tree.ts';

async function serveFile(
  file: string,
  options: FileOptions = {},
  settingsOf: (root: string) => Partial<Settings> = () => ({}),
) {
  const root = makeTree({
    'files/report.txt': '0123456789',
    'files/empty.txt': '',
    'files/Größe 1.pdf': 'pdf',
    'secret.txt': 'secret',
  });
  symlinkSync(join(root, 'secret.txt'), join(root, 'files/leak.txt'));
  const files = join(root, 'files');
  return serveProject({
    urlpatterns: [
      path('absolute/', (request) => fileResponse(request, join(files, file), options)),
      path('below/', (request) => fileResponse(request, file, { ...options, root: files })),
    ],
    settings: settingsOf(files),
  });
}

test('a file comes with its type, length, ETag and date', async () => {
  const { get } = await serveFile('report.txt');
  const answer = await get('/absolute/');
  expect(answer).toMatchObject({ status: 200, text: '0123456789' });
  expect(answer.headers).toMatchObject({
    'content-type': 'text/plain; charset=utf-8',
    'content-length': '10',
    'accept-ranges': 'bytes',
    etag: expect.stringMatching(/^"[\w-]+"$/),
    'last-modified': expect.stringMatching(/ GMT$/),
  });
  expect(answer.headers).not.toHaveProperty('content-disposition');
});

test.for<[string, string | undefined, number, string]>([
  ['Range', 'bytes=2-4', 206, '234'],
  ['Range', 'bytes=-2', 206, '89'],
  ['Range', 'bytes=10-', 416, ''],
  ['Range', 'bytes=0-0,2-2', 200, '0123456789'],
  ['If-None-Match', undefined, 304, ''],
  ['If-Modified-Since', 'Fri, 01 Jan 2100 00:00:00 GMT', 304, ''],
])('%s: %s gives %i', async ([name, value, status, text]) => {
  const { get } = await serveFile('report.txt');
  const { etag = '' } = (await get('/absolute/')).headers;
  expect(await get('/absolute/', { headers: { [name]: value ?? etag } })).toMatchObject({
    status,
    text,
  });
});

test('a request that depends on another state is a 412', async () => {
  capturedLog();
  const { get } = await serveFile('report.txt');
  expect((await get('/absolute/', { headers: { 'If-Match': '"other"' } })).status).toBe(412);
});

test('a file that answers a POST goes out whole, whatever the conditions', async () => {
  const { get } = await serveFile('report.txt');
  const headers = { Range: 'bytes=0-0', 'If-None-Match': '*' };
  expect(await get('/absolute/', { method: 'POST', headers })).toMatchObject({
    status: 200,
    text: '0123456789',
  });
});

test('an empty file has an empty body', async () => {
  const { get } = await serveFile('empty.txt');
  const answer = await get('/absolute/');
  expect(answer).toMatchObject({ status: 200, text: '' });
  expect(answer.headers['content-length']).toBe('0');
});

test.for<[FileOptions, string]>([
  [
    { asAttachment: true },
    `attachment; filename="Gr??e 1.pdf"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%201.pdf`,
  ],
  [{ asAttachment: true, filename: 'a.pdf' }, 'attachment; filename=a.pdf'],
  [{ filename: 'a.pdf' }, 'inline; filename=a.pdf'],
])('%j is saved as %s', async ([options, disposition]) => {
  const { get } = await serveFile('Größe 1.pdf', options);
  expect((await get('/absolute/')).headers['content-disposition']).toBe(disposition);
});

test('the type and further headers may be given', async () => {
  const options = { contentType: 'text/x-log', headers: { 'Cache-Control': 'private' } };
  const { get } = await serveFile('report.txt', options);
  expect((await get('/absolute/')).headers).toMatchObject({
    'content-type': 'text/x-log',
    'cache-control': 'private',
  });
});

test('below a root, a name is enough', async () => {
  const { get } = await serveFile('report.txt');
  expect((await get('/below/')).text).toBe('0123456789');
});

test.for(['missing.txt', '', '.', '../secret.txt', 'leak.txt', '/etc/passwd', 'a\0b'])(
  'below a root, %j is a 404',
  async (name) => {
    const { get } = await serveFile(name);
    expect((await get('/below/')).status).toBe(404);
  },
);

test.for(['missing.txt', '.'])('without one, %j is a 404 too', async (name) => {
  const { get } = await serveFile(name);
  expect((await get('/absolute/')).status).toBe(404);
});

test('nginx is told where the file is that it is to send', async () => {
  const { get } = await serveFile('Größe 1.pdf', { asAttachment: true }, (files) => ({
    X_ACCEL_REDIRECT_ROOT: files,
  }));
  for (const target of ['/absolute/', '/below/']) {
    const answer = await get(target, { headers: { Range: 'bytes=0-0' } });
    expect(answer).toMatchObject({ status: 200, text: '' });
    expect(answer.headers).toMatchObject({
      'x-accel-redirect': '/protected/Gr%C3%B6%C3%9Fe%201.pdf',
      'content-type': 'application/pdf',
      'content-disposition': expect.stringContaining('attachment'),
    });
  }
});

test('nginx is told of a file below a link to its folder, and of one by its real path', async () => {
  const { get } = await serveFile('report.txt', {}, (files) => {
    symlinkSync(files, `${files}-link`);
    return { X_ACCEL_REDIRECT_ROOT: `${files}-link` };
  });
  for (const target of ['/absolute/', '/below/']) {
    expect((await get(target)).headers['x-accel-redirect']).toBe('/protected/report.txt');
  }
});

test('without the folder of nginx the file is sent', async () => {
  const { get } = await serveFile('report.txt', {}, () => ({ X_ACCEL_REDIRECT_ROOT: '/nowhere' }));
  expect((await get('/below/')).text).toBe('0123456789');
});

test('nginx is not told of a file outside of its folder', async () => {
  const { get } = await serveFile('../secret.txt', {}, (files) => ({
    X_ACCEL_REDIRECT_ROOT: files,
  }));
  const answer = await get('/absolute/');
  expect(answer.text).toBe('secret');
  expect(answer.headers).not.toHaveProperty('x-accel-redirect');
});

test('bytes from elsewhere are sent in parts too', async () => {
  const opened: unknown[] = [];
  const { get } = await serveProject({
    urlpatterns: [
      path('', (request) =>
        respondWith(request, {
          sizeBytes: 5,
          contentType: 'text/plain',
          open: ({ first, last }) => {
            opened.push([first, last]);
            return [Buffer.from('hello').subarray(first, last + 1)];
          },
        }),
      ),
    ],
  });
  expect((await get('/')).text).toBe('hello');
  expect((await get('/', { headers: { Range: 'bytes=1-2' } })).text).toBe('el');
  expect((await get('/', { method: 'HEAD' })).headers['content-length']).toBe('5');
  expect((await get('/', { headers: { 'If-Match': '*' }, method: 'HEAD' })).status).toBe(200);
  expect(opened).toEqual([
    [0, 4],
    [1, 2],
  ]);
});

test.for<[filename: string, header: string]>([
  ['report.pdf', 'attachment; filename=report.pdf'],
  ['a "b" \\.txt', String.raw`attachment; filename="a \"b\" \\.txt"`],
  ['Größe.txt', `attachment; filename="Gr??e.txt"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.txt`],
  ["€(1)'*.txt", `attachment; filename="?(1)'*.txt"; filename*=UTF-8''%E2%82%AC%281%29%27%2A.txt`],
  ['100%41.txt', `attachment; filename=100%41.txt; filename*=UTF-8''100%2541.txt`],
  ['😀', `attachment; filename="??"; filename*=UTF-8''%F0%9F%98%80`],
  ['a\r\nSet-Cookie: b', 'attachment; filename="a__Set-Cookie: b"'],
  ['\ud800.txt', `attachment; filename="?.txt"; filename*=UTF-8''%EF%BF%BD.txt`],
])('the name %j goes out as %s', async ([filename, header]) => {
  const { get } = await serveFile('report.txt', { asAttachment: true, filename });
  expect((await get('/absolute/')).headers['content-disposition']).toBe(header);
});
