import { overrideSettings } from '@wsgi/framework/settings';
import { testClient } from '@wsgi/framework/testing';
import { expect, onTestFinished, test } from 'vitest';

// It calls the application as a server does, without a socket, and holds it to the contract.
const client = await testClient();

test('the first page shows the way of this very request', async () => {
  const page = await client.get('/', {
    headers: { 'X-Forwarded-For': '203.0.113.7' },
    environ: { 'gateway.worker': { number: 3, pid: 4711 }, 'gateway.request_id': 'id-from-nginx' },
  });
  expect(page.status).toBe(200);
  expect(page.headers.get('X-Request-ID')).toBe('id-from-nginx');
  expect(page.text()).toContain('<code id="request-id">id-from-nginx</code>');
  expect(page.text()).toContain('203.0.113.7');
  expect(page.text()).toContain('<dd>4711</dd>');
  expect(page.text()).not.toContain('Development mode');
});

test('it says where nginx is not in front', async () => {
  expect((await client.get('/')).text()).toContain('is not in front');
});

test('development looks different at first sight', async () => {
  onTestFinished(overrideSettings({ DEBUG: true }));
  const page = await client.get('/');
  expect(page.text()).toContain('Development mode.');
  expect(page.text()).toContain('class="development"');
});

test('everything that the first page refers to is there', async () => {
  const page = (await client.get('/')).text();
  const targets = Array.from(page.matchAll(/(?:href|src)="([^"]+)"/g), ([, target = '']) => target);
  expect(targets.length).toBeGreaterThanOrEqual(5);
  for (const target of targets) expect((await client.get(target)).status).toBe(200);
});

test('a path parameter reaches the view as a number', async () => {
  const item = await client.get('/items/7/');
  expect(item.headers.get('Content-Type')).toBe('application/json');
  expect(item.json()).toEqual({ id: 7, name: 'Item 7' });
});

test('the stream ends with its last line', async () => {
  const stream = await client.get('/stream/');
  expect(stream.text()).toBe('1 of 5\n2 of 5\n3 of 5\n4 of 5\n5 of 5\n');
});

test.for([
  ['localhost', 200],
  ['127.0.0.1:8080', 200],
  ['evil.example', 400],
] as const)('the host %s gets %i', async ([Host, status]) => {
  onTestFinished(overrideSettings({ LOGGING: { level: 'silent' } }));
  expect((await client.get('/', { headers: { Host } })).status).toBe(status);
});

test('the health check answers any host', async () => {
  const answer = await client.get('/healthz', { headers: { Host: 'evil.example' } });
  expect([answer.status, answer.text()]).toEqual([200, 'ok\n']);
});
