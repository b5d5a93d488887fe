import { expect, test, vi } from 'vitest';
import { useStack } from './stack.ts';

const MIRROR = `require('node:http')
  .createServer((request, response) => response.end(JSON.stringify(request.headers)))
  .listen(8000)`;

const WAIT = { timeout: 30_000, interval: 100 };

// In the application's place stands a server that tells which header fields it got.
const stack = useStack(async (running) => {
  const { Image } = await running.inspect<{ Image: string }>('app');
  await running.compose('stop', 'app');
  const on = ['--network', `${running.project}_internal`, '--network-alias', 'app'];
  const mirror = await running.docker('run', '--detach', ...on, Image, 'node', '-e', MIRROR);
  await vi.waitUntil(async () => (await fetch(running.url)).ok, WAIT);
  return async () => void (await running.docker('rm', '--force', mirror.trim()));
});
const SPOOFED = '203.0.113.9';

test("a client's own word about itself does not reach the application", async () => {
  const fields = await mirrored({
    'X-Forwarded-For': SPOOFED,
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Host': 'evil.example',
    'X-Forwarded-Port': '443',
    'X-Forwarded-Protocol': 'ssl',
    'X-Forwarded-Ssl': 'on',
    'X-Request-ID': 'forged',
    Forwarded: `for=${SPOOFED};proto=https`,
    X_Forwarded_Proto: 'https',
  });
  expect(fields).toMatchObject({
    'x-forwarded-for': expect.not.stringContaining(SPOOFED),
    'x-forwarded-proto': 'http',
    'x-forwarded-host': new URL(stack.url).host,
    'x-request-id': expect.stringMatching(/^[0-9a-f]{32}$/),
  });
  expect(Object.keys(fields).filter((name) => /forwarded/i.test(name))).toHaveLength(3);
});

test('the host comes with its port, and the connection to the gateway is kept', async () => {
  const fields = await mirrored({});
  expect(fields['host']).toBe(new URL(stack.url).host);
  expect(fields['connection']).toBeUndefined();
});

test('a proxy that is named may say where the client is', async () => {
  const front = stack.with({ NGINX_TRUSTED_PROXY: '0.0.0.0/0' });
  await front.start('--no-deps', 'nginx');
  expect(
    await mirrored({ 'X-Forwarded-For': SPOOFED, 'X-Forwarded-Proto': 'https' }),
  ).toMatchObject({ 'x-forwarded-for': SPOOFED, 'x-forwarded-proto': 'https' });
});

async function mirrored(headers: Record<string, string>): Promise<Record<string, string>> {
  const response = await fetch(stack.url, { headers });
  return (await response.json()) as Record<string, string>;
}
