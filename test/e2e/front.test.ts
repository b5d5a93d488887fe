import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { requestLine, sendRaw } from './raw-request.ts';
import { type ComposeEnvironment, useStack } from './stack.ts';

const stack = useStack();
const CURL = 'curl --silent http://127.0.0.1:8081';

test('a greedy client gets a 429', async () => {
  await restartFront({ NGINX_REQUEST_RATE: '1r/m', NGINX_REQUEST_BURST: '1' });
  expect(await statusesOf(4)).toEqual([200, 200, 429, 429]);
});

test.for(['off', 'False'])('limits can be switched off by %s', async (word) => {
  const limits = { NGINX_REQUEST_RATE: '1r/m', NGINX_REQUEST_BURST: '1' };
  await restartFront({ ...limits, NGINX_LIMITS: word });
  expect(await statusesOf(4)).toEqual([200, 200, 200, 200]);
});

test('a client may send few large bodies at once, and small ones beside them', async () => {
  await restartFront({ NGINX_UPLOAD_LIMIT: '2' });
  const slow = Array.from({ length: 3 }, () => connect(stack.port, '127.0.0.1'));
  const answers = slow.map((socket) => once(socket.setEncoding('latin1'), 'data'));
  for (const socket of slow) socket.write(requestLine('POST', '/', 'Content-Length: 200000'));
  try {
    expect(String(await Promise.race(answers))).toMatch(/^HTTP\/1\.1 429 /);
    const small = await fetch(stack.url, { method: 'POST', body: 'small' });
    expect(small.status).not.toBe(429);
  } finally {
    for (const socket of slow) socket.destroy();
  }
});

test('uploads of many clients leave room for what is small', async () => {
  // Two addresses would do it; here one stands for both.
  await restartFront({ NGINX_TMP: '32m', NGINX_UPLOAD_LIMIT: '100' });
  const uploads = Array.from({ length: 8 }, () => connect(stack.port, '127.0.0.1'));
  const first = uploads.map((socket) => once(socket.setEncoding('latin1'), 'data'));
  const head = requestLine('POST', '/', 'Content-Length: 9000000', 'Accept: application/json');
  for (const socket of uploads) {
    socket.on('error', () => undefined);
    socket.write(head);
    socket.write(Buffer.alloc(8_900_000));
  }
  try {
    const answers = await Promise.race([Promise.all(first.slice(2)), ...first]);
    expect(String(answers)).toMatch(/^HTTP\/1\.1 429 [^]*\r\nRetry-After: 1\r\n/);
    const body = 'x'.repeat(90_000);
    const small = await fetch(stack.url, { method: 'POST', body });
    expect(small.status).toBe(200);
  } finally {
    for (const socket of uploads) socket.destroy();
  }
});

test('where the names of the site are given, other hosts get no answer at all', async () => {
  await restartFront({ NGINX_SERVER_NAMES: 'localhost 127.0.0.1' });
  expect((await sendRaw(stack.port, requestLine('GET', '/'))).status).toBe(200);
  const stranger = 'GET / HTTP/1.1\r\nHost: 10.1.2.3\r\nConnection: close\r\n\r\n';
  expect(await sendRaw(stack.port, stranger)).toEqual({ status: 0, text: '' });
});

test('a probe is answered whatever its Host', async () => {
  await restartFront({ NGINX_SERVER_NAMES: 'example.com' });
  const probes = ['GET /healthz HTTP/1.0\r\n\r\n', requestLine('GET', '/healthz')];
  for (const probe of probes) {
    expect((await sendRaw(stack.port, probe)).text).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\nok\n$/s);
  }
  expect(await sendRaw(stack.port, requestLine('GET', '/'))).toEqual({ status: 0, text: '' });
});

test('HEALTH_PATH moves the probes, which no proxy of Docker gets', async () => {
  const proxied = { NODE_USE_ENV_PROXY: '1', http_proxy: 'http://127.0.0.1:9' };
  const moved = stack.with({ HEALTH_PATH: '/up' }).override({
    app: { environment: { HEALTH_PATH: '/up', ...proxied } },
    nginx: { environment: proxied },
  });
  await moved.start();
  expect((await fetch(new URL('/up', stack.url))).status).toBe(200);
  expect((await fetch(new URL('/healthz', stack.url))).status).toBe(404);
  await stack.start();
});

test('a flag file announces maintenance, with when to come back', async () => {
  await restartFront({});
  await stack.shell('nginx', 'touch /tmp/maintenance');
  expect(await announcement()).toBe('60');
  await stack.shell('nginx', 'rm /tmp/maintenance');
  expect(await statusesOf(1)).toEqual([200]);
});

test('one in the store announces it over a new container, too', async () => {
  await restartFront({});
  const inStore = (command: string) =>
    stack.compose('run', '--rm', '-T', 'static', command, '/srv/store/maintenance');
  await inStore('touch');
  await stack.start('--no-deps', '--force-recreate', 'nginx');
  expect(await announcement()).toBe('60');
  expect((await fetch(new URL('/healthz', stack.url))).status).toBe(503);
  await inStore('rm');
  expect(await statusesOf(1)).toEqual([200]);
});

/** When to come back, as it is said to a POST. */
async function announcement(): Promise<string | null> {
  const response = await fetch(stack.url, { method: 'POST' });
  expect(response.status).toBe(503);
  expect(await response.text()).toContain('being worked on');
  return response.headers.get('retry-after');
}

test('nginx has a health check and figures of its own, inside its container alone', async () => {
  expect(await stack.shell('nginx', `${CURL}/healthz`)).toBe('ok\n');
  expect(await stack.shell('nginx', `${CURL}/status`)).toMatch(/^Active connections/);
});

/** Starts nginx again where its environment is another one. */
async function restartFront(environment: ComposeEnvironment): Promise<void> {
  await stack.with(environment).start('--no-deps', 'nginx');
}

async function statusesOf(count: number): Promise<number[]> {
  const statuses: number[] = [];
  for (let i = 0; i < count; i++) {
    const response = await fetch(stack.url);
    await response.text();
    statuses.push(response.status);
  }
  return statuses;
}
