import { expect, test } from 'vitest';
import { crossOriginProtection } from '../../src/middleware/security.ts';
import { HttpResponse } from '../../src/response.ts';
import type { Settings } from '../../src/settings.ts';
import { path } from '../../src/urls/path.ts';
import { capturedLog } from '../captured-log.ts';
import { serveProject } from '../serve.ts';

function serveProtected(settings: Partial<Settings> = {}) {
  return serveProject({
    urlpatterns: [path('', () => new HttpResponse('done'))],
    middleware: [crossOriginProtection],
    settings,
  });
}

const Host = 'example.com';

test.for<[method: string, headers: Record<string, string>, status: number]>([
  ['GET', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }, 200],
  ['HEAD', { 'Sec-Fetch-Site': 'cross-site' }, 200],
  ['OPTIONS', { 'Sec-Fetch-Site': 'cross-site' }, 200],
  ['POST', { 'Sec-Fetch-Site': 'same-origin' }, 200],
  ['POST', { 'Sec-Fetch-Site': 'none' }, 200],
  ['POST', { 'Sec-Fetch-Site': 'same-site' }, 403],
  ['POST', { 'Sec-Fetch-Site': 'cross-site' }, 403],
  ['POST', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://example.com' }, 403],
  ['POST', { 'Sec-Fetch-Site': 'something new' }, 403],
  ['PUT', { 'Sec-Fetch-Site': 'cross-site' }, 403],
  ['DELETE', { 'Sec-Fetch-Site': 'cross-site' }, 403],
  ['PATCH', { 'Sec-Fetch-Site': 'cross-site' }, 403],
  ['POST', {}, 200],
  ['POST', { Origin: 'https://example.com' }, 200],
  ['POST', { Origin: 'http://example.com' }, 200],
  ['POST', { Origin: 'https://evil.example' }, 403],
  ['POST', { Origin: 'https://example.com.evil.example' }, 403],
  ['POST', { Origin: 'https://example.com:8443' }, 403],
  ['POST', { Origin: 'null' }, 403],
  ['POST', { Origin: '' }, 403],
])('%s with %j is answered %i', async ([method, headers, status]) => {
  capturedLog();
  const { get } = await serveProtected();
  expect((await get('/', { method, headers: { Host, ...headers } })).status).toBe(status);
});

test.for<[origin: string, status: number]>([
  ['https://app.example.org', 200],
  ['http://app.example.org', 403],
  ['https://a.partner.example', 200],
  ['https://a.b.partner.example', 200],
  ['http://a.partner.example', 403],
  ['https://partner.example', 403],
  ['https://evilpartner.example', 403],
  ['https://a.partner.example.evil.example', 403],
])('with CSRF_TRUSTED_ORIGINS %s is answered %i', async ([Origin, status]) => {
  capturedLog();
  const { get } = await serveProtected({
    CSRF_TRUSTED_ORIGINS: ['https://app.example.org', 'https://*.partner.example'],
  });
  for (const site of [{}, { 'Sec-Fetch-Site': 'cross-site' }]) {
    const headers = { Host, Origin, ...site };
    expect((await get('/', { method: 'POST', headers })).status).toBe(status);
  }
});

test('no origin is that of a Host that is no host', async () => {
  capturedLog();
  const { get } = await serveProtected();
  const headers = { Host: 'example.com:99999', Origin: 'null' };
  expect((await get('/', { method: 'POST', headers })).status).toBe(403);
});

test('a port that is the default of the scheme is left out of account', async () => {
  const { get } = await serveProtected();
  const headers = { Host: 'example.com:80', Origin: 'http://example.com' };
  expect((await get('/', { method: 'POST', headers })).status).toBe(200);
});

test('a refusal is one line that names the origin and the setting', async () => {
  const lines = capturedLog();
  const { get } = await serveProtected();
  await get('/', { method: 'POST', headers: { Host, Origin: 'https://evil.example' } });
  expect(lines).toMatchObject([
    {
      level: 'warn',
      fields: { origin: 'https://evil.example', method: 'POST', path: '/' },
      message: expect.stringContaining('CSRF_TRUSTED_ORIGINS'),
    },
  ]);
});
