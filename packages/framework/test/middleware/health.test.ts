import { expect, test } from 'vitest';
import { registerHealthCheck } from '../../src/health-checks.ts';
import { health } from '../../src/middleware/health.ts';
import { hosts } from '../../src/middleware/security.ts';
import { capturedLog } from '../captured-log.ts';
import { serveProject } from '../serve.ts';

const middleware = [health, hosts];

test('it answers ok, whatever the host', async () => {
  const { get } = await serveProject({ middleware });
  const answer = await get('/healthz', { headers: { Host: 'any.example' } });
  expect(answer.status).toBe(200);
  expect(answer.text.trim()).toBe('ok');
  expect(answer.headers['cache-control']).toBe('no-store');
});

test('the process is alive while it drains, and not ready', async () => {
  const { get } = await serveProject({ middleware, environ: { 'gateway.draining': true } });
  expect((await get('/healthz')).status).toBe(200);
  const answer = await get('/readyz', { headers: { Host: 'any.example' } });
  expect([answer.status, answer.text]).toEqual([503, 'draining\n']);
});

test('HEALTH_PATH and READY_PATH move them', async () => {
  const settings = { HEALTH_PATH: '/up', READY_PATH: '/ready', ALLOWED_HOSTS: ['*'] };
  const { get } = await serveProject({ middleware, settings });
  expect((await get('/up')).status).toBe(200);
  expect((await get('/ready')).text).toBe('ready\n');
  expect((await get('/healthz')).status).toBe(404);
  expect((await get('/readyz')).status).toBe(404);
});

const THROUGH_PROXY = { headers: { 'X-Forwarded-For': '203.0.113.7' } };

test('a check that fails is named to a probe, and to nobody who comes through a proxy', async () => {
  const lines = capturedLog();
  let isThere = false;
  registerHealthCheck('database', () => {
    if (!isThere) throw new Error('refused');
  });
  registerHealthCheck('cache', () => isThere);
  const { get } = await serveProject({ middleware });
  const probe = await get('/readyz');
  expect([probe.status, probe.text]).toEqual([503, 'not ready: database, cache\n']);
  const other = await get('/readyz', THROUGH_PROXY);
  expect([other.status, other.text]).toEqual([503, 'not ready\n']);
  expect((await get('/healthz')).status).toBe(200);
  expect(lines.map(({ fields }) => fields['health_check'])).toEqual(['database', 'cache']);
  isThere = true;
  expect((await get('/readyz')).status).toBe(200);
});

test('a check that takes too long fails, and is asked to end', async () => {
  capturedLog();
  const seen: AbortSignal[] = [];
  const wait = (signal: AbortSignal) => {
    seen.push(signal);
    return new Promise(() => {});
  };
  registerHealthCheck('slow', wait, { timeoutSeconds: 0.05 });
  const { get } = await serveProject({ middleware, settings: { DEBUG: true } });
  const answers = await Promise.all([get('/readyz', THROUGH_PROXY), get('/readyz')]);
  expect(answers.map(({ text }) => text)).toEqual(Array(2).fill('not ready: slow\n'));
  expect(seen.map(({ aborted }) => aborted)).toEqual([true]);
  registerHealthCheck('slow', () => true);
});
