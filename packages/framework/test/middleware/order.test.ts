import { expect, test } from 'vitest';
import { HttpResponse } from '../../src/response.ts';
import type { Settings } from '../../src/settings.ts';
import { path } from '../../src/urls/path.ts';
import { MIDDLEWARE } from '../project/src/sample/settings.ts';
import { capturedLog } from '../captured-log.ts';
import { serveProject } from '../serve.ts';

// The order that docs/settings.md gives the reasons for.
function serveSample(settings: Partial<Settings> = {}) {
  capturedLog();
  return serveProject({
    middleware: MIDDLEWARE,
    settings: {
      ALLOWED_HOSTS: ['example.com'],
      SECURE_PROXY_SSL_HEADER: ['HTTP_X_FORWARDED_PROTO', 'https'],
      STATIC_URL: '/static/',
      DEBUG: true,
      ...settings,
    },
    urlpatterns: [path('', () => new HttpResponse('view'))],
  });
}

const FORGED = { Host: 'evil.example' };
const POST = { method: 'POST', headers: { Host: 'example.com', 'Sec-Fetch-Site': 'cross-site' } };

test('health is answered whatever the host, over http', async () => {
  const { get } = await serveSample({ SECURE_SSL_REDIRECT: true });
  expect((await get('/healthz', { headers: FORGED })).status).toBe(200);
});

test('a forged host is refused before it is redirected to', async () => {
  const { get } = await serveSample({ SECURE_SSL_REDIRECT: true });
  const answer = await get('/', { headers: FORGED });
  expect(answer.status).toBe(400);
  expect(answer.headers).not.toHaveProperty('location');
});

test.for([
  ['a view', '/', { headers: { Host: 'example.com' } }, 200],
  ['nothing', '/nowhere/', { headers: { Host: 'example.com' } }, 404],
  ['a forged host', '/', { headers: FORGED }, 400],
  ['a page of another site', '/', POST, 403],
  ['a static file that is not there', '/static/no.css', { headers: { Host: 'example.com' } }, 404],
] as const)(
  '%s: the answer has the id and the security headers',
  async ([, url, options, status]) => {
    const { get } = await serveSample();
    const answer = await get(url, options);
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({
      'x-request-id': expect.stringMatching(/./),
      'x-content-type-options': 'nosniff',
    });
  },
);
