import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { requestLine, sendRaw } from './raw-request.ts';
import { useStack } from './stack.ts';

// nginx is asked for more than it gives, and then for an application that is not there.
const stack = useStack();
const ROOT = join(import.meta.dirname, '../..');

const TOO_LARGE = `Content-Length: ${10 * 1024 * 1024 + 1}`;
const WEBSOCKET = ['Upgrade: websocket', 'Sec-WebSocket-Version: 13'];

test.for([
  [
    404,
    'a static file that is not there',
    requestLine('GET', '/static/gone.css', 'Accept: text/html'),
  ],
  [413, 'a body that is too large', requestLine('POST', '/', TOO_LARGE, 'Accept: text/html')],
  [431, 'fields that are too large', requestLine('GET', '/', `X: ${'x'.repeat(9000)}`)],
  [501, 'a WebSocket', requestLine('GET', '/ws/', ...WEBSOCKET, 'Accept: text/html')],
] as const)('a browser gets a page with the status %i for %s', async ([status, , request]) => {
  const answer = await sendRaw(stack.port, request);
  expect(answer.status).toBe(status);
  expect(answer.text).toMatch(/^Content-Type: text\/html; charset=utf-8\r$/m);
  expect(answer.text).toContain(`<p class="status">${status}</p>`);
  expect(answer.text).toMatch(/Request <code>[0-9a-f]{32}<\/code>/);
});

test.for([
  ['Accept: application/json', 413, 'Content Too Large'],
  ['Content-Type: application/json', 413, 'Content Too Large'],
] as const)('%s brings the status as JSON', async ([field, status, title]) => {
  const { text } = await sendRaw(stack.port, requestLine('POST', '/', TOO_LARGE, field));
  const [head = '', body = ''] = text.split('\r\n\r\n');
  expect(head).toMatch(/^HTTP\/1\.1 413 [^]*^Content-Type: application\/problem\+json\r$/m);
  expect(JSON.parse(body)).toEqual({
    type: 'about:blank',
    title,
    status,
    detail: 'That was more than this address takes.',
    request_id: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
});

test('what takes anything gets a line of text', async () => {
  const request = requestLine('GET', '/static/gone.css', 'Accept: */*');
  const { text } = await sendRaw(stack.port, request);
  expect(text).toMatch(
    /\r\n\r\n404 Not Found: There is nothing at this address\.\nRequest \w{32}\n$/,
  );
});

test('a WebSocket is told that it is not supported, another upgrade is passed over', async () => {
  const websocket = await sendRaw(stack.port, requestLine('GET', '/', ...WEBSOCKET));
  expect(websocket.status).toBe(501);
  const other = await sendRaw(stack.port, requestLine('GET', '/', 'Upgrade: h2c'));
  expect(other.status).toBe(200);
});

test('what terminals obey is cut from the log', async () => {
  const agent = 'User-Agent: before\xc2\x9b31mbehind';
  const { text } = await sendRaw(stack.port, requestLine('GET', '/', agent));
  const [, id = ''] = /^X-Request-ID: (\w+)\r$/m.exec(text) ?? [];
  expect(await stack.accessLine('nginx', id)).toMatchObject({ user_agent: 'before…' });
});

test('a POST that nobody answers is logged as a POST', async () => {
  await stack.compose('stop', 'app');
  const headers = { Accept: 'text/html' };
  const response = await fetch(stack.url, { method: 'POST', body: 'x', headers });
  expect(response.status).toBe(503);
  const id = String(response.headers.get('x-request-id'));
  expect(await stack.accessLine('nginx', id)).toMatchObject({ method: 'POST', status: 503 });
  await stack.start();
});

test("nginx's page and the application's look alike", () => {
  const page = readFileSync(join(ROOT, 'nginx/error.html'), 'utf8');
  const own = readFileSync(join(ROOT, 'packages/framework/src/error-pages/page.ts'), 'utf8');
  const colors = page.match(/--\w+: #\w+;/g) ?? [];
  expect(colors).toHaveLength(10);
  for (const color of colors) expect(own).toContain(color);
});
