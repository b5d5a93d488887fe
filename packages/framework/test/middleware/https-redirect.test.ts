import { expect, test } from 'vitest';
import { health } from '../../src/middleware/health.ts';
import { httpsRedirect } from '../../src/middleware/security.ts';
import { HttpResponse } from '../../src/response.ts';
import type { Settings } from '../../src/settings.ts';
import { path } from '../../src/urls/path.ts';
import { serveProject } from '../serve.ts';

function serveWith(settings: Partial<Settings>, environ = {}) {
  return serveProject({
    urlpatterns: [path('<path:any>', () => new HttpResponse('plain'))],
    middleware: [health, httpsRedirect],
    settings,
    environ,
  });
}

const ON: Partial<Settings> = { SECURE_SSL_REDIRECT: true };

test('it is off by default, and then not there at all', async () => {
  const { get } = await serveWith({});
  expect((await get('/a/')).status).toBe(200);
  const next = () => new HttpResponse();
  expect(httpsRedirect(next)).toBe(next);
});

test.for<[Partial<Settings>, target: string, location: string]>([
  [ON, '/a/b?c=d&e', 'https://example.com/a/b?c=d&e'],
  [ON, '/caf%C3%A9', 'https://example.com/caf%C3%A9'],
  [ON, '//evil.example/', 'https://example.com//evil.example/'],
  [{ ...ON, SECURE_SSL_HOST: 'secure.example' }, '/a', 'https://secure.example/a'],
])('under %j %s leads to %s', async ([settings, target, location]) => {
  const { get } = await serveWith(settings);
  const answer = await get(target, { headers: { Host: 'example.com' } });
  expect(answer.status).toBe(301);
  expect(answer.headers.location).toBe(location);
});

test('what is not safe keeps its method', async () => {
  const { get } = await serveWith(ON);
  expect((await get('/a', { method: 'POST' })).status).toBe(308);
});

test('what came over https goes on', async () => {
  const { get } = await serveWith(ON, { 'wsgi.url_scheme': 'https' });
  expect((await get('/a')).status).toBe(200);
});

test('health checks and exempt paths go on', async () => {
  const { get } = await serveWith({ ...ON, SECURE_REDIRECT_EXEMPT: ['^internal/'] });
  expect((await get('/healthz')).status).toBe(200);
  expect((await get('/internal/figures')).status).toBe(200);
  expect((await get('/not/internal/')).status).toBe(301);
});

test('a pattern that is none stops the start', () => {
  expect(() => serveWith({ ...ON, SECURE_REDIRECT_EXEMPT: ['('] })).toThrow(
    "SECURE_REDIRECT_EXEMPT is [ '(' ]",
  );
});
