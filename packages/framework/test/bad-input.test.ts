import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createApplication } from '../src/application.ts';
import { requestId } from '../src/middleware/request-id.ts';
import { crossOriginProtection, hosts } from '../src/middleware/security.ts';
import { HttpResponse, jsonResponse } from '../src/response.ts';
import type { Settings } from '../src/settings.ts';
import { path, type UrlPattern } from '../src/urls/path.ts';
import { compileUrlconf } from '../src/urls/urlconf.ts';
import { exchange, RawClient } from '../../gateway/test/raw-client.ts';
import { serve } from '../../gateway/test/worker/serve.ts';
import { temporaryFolder } from '../../wsgi/test/temporary-folder.ts';
import { capturedLog } from './captured-log.ts';
import { CONTENT_TYPE, multipartBody } from './forms/multipart-body.ts';
import { withSettings } from './serve.ts';

// The framework on the real gateway, whose own refusals count as answers too.
async function serveOnGateway(urlpatterns: UrlPattern[], settings: Partial<Settings> = {}) {
  withSettings({ ALLOWED_HOSTS: ['example.com'], ...settings });
  const middleware = [requestId, hosts, crossOriginProtection];
  const server = await serve(createApplication(compileUrlconf(urlpatterns), middleware));
  onTestFinished(() => server.close());
  return server;
}

const urlpatterns = [
  path('', (request) => new HttpResponse([...request.query.keys(), ...request.cookies.keys()])),
  path('json/', async (request) => jsonResponse({ ...((await request.json()) as object) })),
  path('form/', async (request) => {
    const form = await request.form();
    return jsonResponse({ ...Object.fromEntries(form.fields), files: form.uploads.length });
  }),
];

function get(target: string, headers = ''): string {
  return `GET ${target} HTTP/1.1\r\nHost: example.com\r\n${headers}Connection: close\r\n\r\n`;
}

function post(target: string, type: string, body: string): string {
  return [
    `POST ${target} HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n`,
    `Content-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body, 'latin1')}\r\n\r\n${body}`,
  ].join('');
}

const URLENCODED = 'application/x-www-form-urlencoded';
const MULTIPART = multipartBody({ name: 'a', content: '1' }).toString('latin1');
const PROTO_PART = multipartBody({ name: '__proto__', content: '1' }).toString('latin1');
const HUGE = 2_621_441;

test.for<[what: string, request: string, status: number, warnings: number]>([
  ['invalid UTF-8 in the path', get('/caf%E9/'), 404, 0],
  ['invalid UTF-8 in the query', get('/?q=caf%E9'), 400, 1],
  ['__proto__ in the query', get('/?__proto__=x'), 400, 1],
  ['a forged Host', get('/').replace('example.com', 'evil.example'), 400, 1],
  ['a malformed Host', get('/').replace('example.com', 'a b'), 400, 0],
  ['a cookie of 64 KB', get('/', `Cookie: a=${'x'.repeat(65_536)}\r\n`), 431, 0],
  ['__proto__ in a form', post('/form/', URLENCODED, '__proto__=x'), 400, 1],
  ['__proto__ in a multipart form', post('/form/', CONTENT_TYPE, PROTO_PART), 400, 1],
  ['invalid UTF-8 in a form', post('/form/', URLENCODED, 'a=%FF'), 400, 1],
  ['a broken multipart form', post('/form/', CONTENT_TYPE, MULTIPART.slice(0, -9)), 400, 1],
  ['multipart without a boundary', post('/form/', 'multipart/form-data', MULTIPART), 400, 1],
  ['a form of another type', post('/form/', 'text/plain', 'a=1'), 415, 1],
  ['__proto__ in JSON', post('/json/', 'application/json', '{"__proto__":{"x":1}}'), 400, 1],
  ['broken JSON', post('/json/', 'application/json', '{"a":'), 400, 1],
  ['JSON that is not UTF-8', post('/json/', 'application/json', '"caf\xe9"'), 400, 1],
  ['a body past the limit', post('/json/', 'application/json', ' '.repeat(HUGE)), 413, 1],
  ['a form past the limit', post('/form/', URLENCODED, 'x'.repeat(HUGE)), 413, 1],
  ['too many fields', post('/form/', URLENCODED, 'a&'.repeat(1001)), 400, 1],
])(
  '%s is a clear refusal, in one line, and pollutes nothing',
  async ([, request, status, warnings]) => {
    const lines = capturedLog();
    const { port, access, log } = await serveOnGateway(urlpatterns);
    const answer = await exchange(port, request);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    await vi.waitFor(() => expect(access).toMatchObject([{ status }]));
    expect(lines.map(({ level }) => level)).toEqual(Array(warnings).fill('warn'));
    expect(log).toEqual([]);
    expect(Object.keys(Object.prototype)).toEqual([]);
  },
);

test('good input to the same views is answered', async () => {
  const lines = capturedLog();
  const { port } = await serveOnGateway(urlpatterns);
  expect(await exchange(port, get('/?q=caf%C3%A9', 'Cookie: b=1\r\n'))).toContain('200 OK');
  expect(await exchange(port, post('/form/', CONTENT_TYPE, MULTIPART))).toContain('{"a":"1"');
  expect(await exchange(port, post('/json/', 'application/json', '{"a":1}'))).toContain('{"a":1}');
  expect(lines).toEqual([]);
});

test('a client that goes away aborts the signal of the view', async () => {
  const lines = capturedLog();
  const reached = Promise.withResolvers<void>();
  const aborted = vi.fn<(error: unknown) => void>();
  const { port, log } = await serveOnGateway([
    path('', async ({ signal }) => {
      reached.resolve();
      await sleep(600_000, undefined, { signal }).catch((error: unknown) => {
        aborted(error);
        throw error;
      });
      return new HttpResponse('never');
    }),
  ]);
  const client = await RawClient.connect(port);
  client.send(get('/'));
  await reached.promise;
  client.close();
  await vi.waitFor(() => expect(aborted).toHaveBeenCalledOnce());
  expect([...lines, ...log]).toEqual([]);
});

test('a client that goes away in the middle of an upload leaves nothing on the disk', async () => {
  const folder = temporaryFolder();
  const ended = vi.fn<(error: unknown) => void>();
  const lines = capturedLog();
  const { port, log } = await serveOnGateway(
    [
      path('', async (request) => {
        await request.form().catch((error: unknown) => {
          ended(error);
          throw error;
        });
        return new HttpResponse('never');
      }),
    ],
    { FILE_UPLOAD_TEMP_DIR: folder, FILE_UPLOAD_MAX_MEMORY_SIZE: 0 },
  );
  const body = multipartBody({ name: 'f', fileName: 'f', content: 'x'.repeat(200_000) });
  const client = await RawClient.connect(port);
  client.send(post('/', CONTENT_TYPE, body.toString('latin1')).slice(0, -1000));
  await vi.waitFor(() => expect(readdirSync(folder)).toHaveLength(1));
  client.close();
  await vi.waitFor(() => expect(ended).toHaveBeenCalledOnce());
  expect(readdirSync(folder)).toEqual([]);
  expect([...lines, ...log]).toEqual([]);
});
