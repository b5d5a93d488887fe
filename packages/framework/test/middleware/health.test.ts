import { expect, test } from 'vitest';
import { health } from '../../src/middleware/health.ts';
import { hosts } from '../../src/middleware/security.ts';
import { serveProject } from '../serve.ts';

const middleware = [health, hosts];

test('it answers ok, whatever the host', async () => {
  const { get } = await serveProject({ middleware });
  const answer = await get('/healthz', { headers: { Host: 'any.example' } });
  expect(answer.status).toBe(200);
  expect(answer.text.trim()).toBe('ok');
  expect(answer.headers['cache-control']).toBe('no-store');
});

test('it answers 503 while the worker drains', async () => {
  const { get } = await serveProject({ middleware, environ: { 'gateway.draining': true } });
  const answer = await get('/healthz');
  expect(answer.status).toBe(503);
  expect(answer.text.trim()).toBe('draining');
});

test('HEALTH_PATH moves it', async () => {
  const settings = { HEALTH_PATH: '/up', ALLOWED_HOSTS: ['*'] };
  const { get } = await serveProject({ middleware, settings });
  expect((await get('/up')).status).toBe(200);
  expect((await get('/healthz')).status).toBe(404);
});
