import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { freePort } from '../../packages/wsgi/test/free-port.ts';
import { sendRaw } from './raw-request.ts';
import { useStack } from './stack.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/releases.md'), 'utf8');
const [, PRIVATE = ''] = /`FORWARDED_ALLOW_IPS` +\| `([^`]+)`/.exec(PAGE) ?? [];
const PORT = '9123';
const HOST = 'shop.example.com';
const ENVIRONMENT = {
  PORT,
  FORWARDED_ALLOW_IPS: PRIVATE,
  ALLOWED_HOSTS: HOST,
  SECRET_KEY: '0123456789'.repeat(5),
};

let id = '';
let port = 0;

/** Starts the image as a platform does: with a PORT and a user of the platform's, and nothing else of ours. */
const stack = useStack(async (running) => {
  const { Image } = await running.inspect<{ Image: string }>('app');
  port = await freePort();
  const variables = Object.entries(ENVIRONMENT).map((pair) => `--env=${pair.join('=')}`);
  const published = `--publish=127.0.0.1:${port}:${PORT}`;
  const run = ['run', '--detach', '--user=23456:23456', published, ...variables, Image];
  id = (await running.docker(...run)).trim();
  const health = () => running.docker('inspect', '--format', '{{.State.Health.Status}}', id);
  await vi.waitUntil(async () => (await health()) === 'healthy\n', { timeout: 60_000 });
  return async () => void (await running.docker('rm', '--force', id));
});

test('the image listens on PORT, as platforms want it, and their probes are answered there', async () => {
  expect(await get('/healthz', '10.1.2.3:9123')).toMatchObject({ status: 200 });
  expect(await get('/', HOST)).toMatchObject({ status: 200 });
  expect(await get('/', 'other.example')).toMatchObject({ status: 400 });
});

test("the client's address is what the platform's proxy has added, not what the client said", async () => {
  const fields = ['X-Forwarded-For: 192.0.2.66, 203.0.113.9', 'X-Forwarded-Proto: https'];
  await get('/items/7/', HOST, ...fields);
  const log = await stack.docker('logs', id);
  expect(log).toMatch(/"remote_addr":"203\.0\.113\.9".*"\/items\/7\/"/);
});

test('on TERM, which a platform sends to the first process, requests in flight complete', async () => {
  const streams = Promise.all(Array.from({ length: 4 }, () => get('/stream/', HOST)));
  // So that all of them are in the application's hands.
  await get('/', HOST);
  await stack.docker('stop', id);
  for (const { text } of await streams) expect(text).toContain('5 of 5\n');
  const exitCode = await stack.docker('inspect', '--format', '{{.State.ExitCode}}', id);
  expect(exitCode).toBe('0\n');
});

/** On a connection of its own. */
function get(target: string, host: string, ...fields: string[]) {
  const head = [`GET ${target} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...fields];
  return sendRaw(port, `${head.join('\r\n')}\r\n\r\n`);
}
