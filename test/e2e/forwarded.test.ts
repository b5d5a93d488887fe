import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { temporaryFolder } from '../../packages/wsgi/test/temporary-folder.ts';
import { requestLine, sendRaw } from './raw-request.ts';
import { useStack } from './stack.ts';

const MIRROR = `require('node:http')
  .createServer((request, response) => {
    for (const [name, value] of Object.entries(POLICIES)) response.setHeader(name, value);
    const large = /^.large.(\\d+)/.exec(request.url);
    if (large) response.setHeader('X-Large', 'x'.repeat(Number(large[1])));
    if (request.url === '/file') response.setHeader('X-Accel-Redirect', '/protected/file.txt');
    response.end(JSON.stringify(request.headers));
  })
  .listen(8000)`;
/** What the framework says of what the browser may do with a response. */
const POLICIES = {
  'content-security-policy': "default-src 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

const WAIT = { timeout: 30_000, interval: 100 };

// In the application's place stands a server that tells which header fields it got.
const stack = useStack(async (running) => {
  const { Image } = await running.inspect<{ Image: string }>('app');
  await running.compose('stop', 'app');
  const script = `const POLICIES = ${JSON.stringify(POLICIES)}; ${MIRROR}`;
  const on = ['--network', `${running.project}_internal`, '--network-alias', 'app'];
  const mirror = await running.docker('run', '--detach', ...on, Image, 'node', '-e', script);
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

test('the head of a response may be as large as browsers take it', async () => {
  const { status, text } = await sendRaw(stack.port, requestLine('GET', '/large/60000'));
  expect(status).toBe(200);
  expect(text).toMatch(/\r\nX-Large: x{60000}\r\n/);
});

test('a file by X-Accel-Redirect keeps the policies of the response that named it', async () => {
  const folder = temporaryFolder();
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, 'file.txt'), 'the file');
  const volumes = [`${folder}:/srv/protected:ro`];
  await stack.override({ nginx: { volumes } }).start('--no-deps', 'nginx');
  const response = await fetch(new URL('/file', stack.url));
  expect(await response.text()).toBe('the file');
  expect(Object.fromEntries(response.headers)).toMatchObject(POLICIES);
  const own = await fetch(new URL('/protected/file.txt', stack.url));
  expect(await own.json()).toHaveProperty('x-request-id');
});

test('a proxy that is named may say where the client is, and how it came', async () => {
  const front = stack.with({ NGINX_TRUSTED_PROXY: '0.0.0.0/0, ::/0' });
  await front.start('--no-deps', 'nginx');
  for (const proto of ['https', 'https, https', 'https,http', 'HTTPS']) {
    expect(
      await mirrored({ 'X-Forwarded-For': SPOOFED, 'X-Forwarded-Proto': proto }),
    ).toMatchObject({ 'x-forwarded-for': SPOOFED, 'x-forwarded-proto': 'https' });
  }
  const http = await mirrored({ 'X-Forwarded-Proto': 'http, https' });
  expect(http['x-forwarded-proto']).toBe('http');
});

test('a balancer may say by the PROXY protocol whose connection it is', async () => {
  const front = stack.with({ NGINX_PROXY_PROTOCOL: 'on', NGINX_TRUSTED_PROXY: '0.0.0.0/0 ::/0' });
  await front.start('--no-deps', 'nginx');
  const line = `PROXY TCP4 ${SPOOFED} 203.0.113.1 1024 8080\r\n`;
  const { text } = await sendRaw(stack.port, line + requestLine('GET', '/'));
  expect(text).toContain(`"x-forwarded-for":"${SPOOFED}"`);
  expect((await sendRaw(stack.port, requestLine('GET', '/'))).status).toBe(0);
});

async function mirrored(headers: Record<string, string>): Promise<Record<string, string>> {
  const response = await fetch(stack.url, { headers });
  return (await response.json()) as Record<string, string>;
}
