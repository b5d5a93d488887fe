import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import type { Application } from '../../src/wsgi/types.ts';
import { serve } from '../framework/serve.ts';

// The sample project as a server loads it: anew for each test, from wsgi.ts alone.
async function loadApplication(environment: Record<string, string> = {}): Promise<Application> {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  return (await import('../../src/myproject/wsgi.ts')).application;
}

beforeEach(() => {
  vi.resetModules();
  vi.unstubAllEnvs();
  vi.stubEnv('SETTINGS_MODULE', undefined);
});

test('the welcome page shows the way of this very request', async () => {
  const worker = { number: 3, pid: 4711 };
  const { get } = await serve(await loadApplication(), { 'gateway.worker': worker });
  const answer = await get('/', {
    headers: { 'X-Request-ID': 'id-from-nginx', 'X-Forwarded-For': '203.0.113.7' },
  });
  expect(answer.status).toBe(200);
  expect(answer.headers['x-request-id']).toBe('id-from-nginx');
  expect(answer.text).toContain('<code id="request-id">id-from-nginx</code>');
  expect(answer.text).toContain('203.0.113.7');
  expect(answer.text).toContain('<dd>4711</dd>');
  expect(answer.text).toContain('<dd>myproject.settings</dd>');
  expect(answer.text).not.toContain(process.version);
  expect(answer.text).not.toContain('Development mode');
});

test('the welcome page says where nginx is not in front', async () => {
  const { get } = await serve(await loadApplication());
  expect((await get('/')).text).toContain('is not in front');
});

test('development looks different at first sight', async () => {
  const { get } = await serve(await loadApplication({ DEBUG: 'true' }));
  const { text } = await get('/');
  expect(text).toContain('Development mode.');
  expect(text).toContain('class="development"');
  expect(text).toContain(process.version);
});

test('everything that the welcome page refers to is there', async () => {
  const { get } = await serve(await loadApplication({ DEBUG: 'true' }));
  const { text } = await get('/');
  const targets = Array.from(
    text.matchAll(/(?:href|src)="([^"]+)"/g),
    ([, target]) => target ?? '',
  );
  expect(targets.length).toBeGreaterThanOrEqual(5);
  for (const target of targets) expect((await get(target)).status).toBe(200);
});

test('a path parameter reaches the view as a number', async () => {
  const { get } = await serve(await loadApplication());
  const answer = await get('/items/7/');
  expect(answer.headers['content-type']).toBe('application/json');
  expect(JSON.parse(answer.text)).toEqual({ id: 7, name: 'Item 7' });
});

test('the stream arrives in pieces', async () => {
  const { port } = await serve(await loadApplication());
  const [response] = await once(
    request({ port, host: '127.0.0.1', path: '/stream/' }).end(),
    'response',
  );
  const pieces: string[] = [];
  for await (const piece of response) pieces.push(String(piece));
  expect(pieces.join('')).toBe('1 of 5\n2 of 5\n3 of 5\n4 of 5\n5 of 5\n');
  expect(pieces.length).toBeGreaterThan(1);
});

test.for([
  ['localhost', 200],
  ['127.0.0.1:8080', 200],
  ['evil.example', 400],
] as const)('the host %s gets %i', async ([Host, status]) => {
  const { get } = await serve(await loadApplication({ LOG_LEVEL: 'silent' }));
  expect((await get('/', { headers: { Host } })).status).toBe(status);
});

test('ALLOWED_HOSTS comes from the environment', async () => {
  const { get } = await serve(
    await loadApplication({ ALLOWED_HOSTS: 'example.com, .example.org' }),
  );
  expect((await get('/', { headers: { Host: 'www.example.org' } })).status).toBe(200);
});

test('the health check answers any host', async () => {
  const { get } = await serve(await loadApplication());
  const answer = await get('/healthz', { headers: { Host: 'evil.example' } });
  expect([answer.status, answer.text]).toEqual([200, 'ok\n']);
});

test('another settings module customises the first', async () => {
  const SETTINGS_MODULE = join(import.meta.dirname, 'settings-layered.ts');
  const { get } = await serve(await loadApplication({ SETTINGS_MODULE, LOG_LEVEL: 'silent' }));
  expect((await get('/', { headers: { Host: 'layered.example' } })).status).toBe(200);
  expect((await get('/', { headers: { Host: 'localhost' } })).status).toBe(400);
});

test('a bad environment stops the load, with every problem', async () => {
  const environment = { DEBUG: 'perhaps', LOG_LEVEL: 'loud' };
  await expect(loadApplication(environment)).rejects.toThrow(
    /DEBUG is 'perhaps'[^]*LOG_LEVEL is 'loud'/,
  );
});
