import { beforeAll, describe, expect, test } from 'vitest';
import { requestLine, sendRaw } from './raw-request.ts';
import { useStack } from './stack.ts';

const stack = useStack();

const GET = 'GET / HTTP/1.1\r\n';
const CLOSE = 'Connection: close\r\n\r\n';

test('a body at the limit reaches the application', async () => {
  const body = Buffer.alloc(10 * 1024 * 1024);
  const response = await fetch(stack.url, { method: 'POST', body });
  const id = String(response.headers.get('x-request-id'));
  expect(await stack.accessLine('nginx', id)).toMatchObject({
    upstream_status: String(response.status),
  });
});

describe.for([
  { way: 'plain http', TLS: 'off' },
  { way: 'TLS', TLS: 'self-signed' },
])('by $way', ({ TLS }) => {
  beforeAll(() => stack.with({ TLS }).start('--no-deps', 'nginx'));

  function send(bytes: string) {
    const isSecure = TLS !== 'off';
    return sendRaw(isSecure ? stack.httpsPort : stack.port, bytes, { isSecure });
  }

  test.for([
    ['a Host that is not served', `${GET}Host: evil.example\r\n${CLOSE}`, 400],
    ['no Host', `${GET}${CLOSE}`, 400],
    ['two Hosts', `${GET}Host: localhost\r\nHost: evil.example\r\n${CLOSE}`, 400],
    ['a Host with a space', `${GET}Host: local host\r\n${CLOSE}`, 400],
    ['a Host with a path', `${GET}Host: localhost/evil.example\r\n${CLOSE}`, 400],
    ['a Host with an account', `${GET}Host: localhost@evil.example\r\n${CLOSE}`, 400],
    [
      'an absolute target that contradicts the Host',
      `GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n${CLOSE}`,
      400,
    ],
    ['HTTP/1.0 without a Host, which gets no answer', 'GET / HTTP/1.0\r\n\r\n', 0],
    [
      'Content-Length beside Transfer-Encoding',
      `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n${CLOSE}0\r\n\r\n`,
      400,
    ],
    [
      'two Content-Lengths',
      `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nContent-Length: 5\r\n${CLOSE}`,
      400,
    ],
    [
      'a malformed chunk size',
      `POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n${CLOSE}0x5\r\nhello\r\n0\r\n\r\n`,
      400,
    ],
    [
      'a chunked body on HTTP/1.0',
      `POST / HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n${CLOSE}`,
      400,
    ],
    [
      'a Content-Length that is no number',
      `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: +5\r\n${CLOSE}`,
      400,
    ],
    [
      'a negative Content-Length',
      `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n${CLOSE}`,
      400,
    ],
    [
      'a Content-Length of many digits',
      `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${'9'.repeat(40)}\r\n${CLOSE}`,
      400,
    ],
    [
      'a field folded over two lines',
      `${GET}Host: localhost\r\nX-Folded: a\r\n b\r\n${CLOSE}`,
      400,
    ],
    ['a space before the colon', `${GET}Host : localhost\r\n${CLOSE}`, 400],
    ['a field without a name', `${GET}Host: localhost\r\n: x\r\n${CLOSE}`, 400],
    ['a NUL in a field', `${GET}Host: localhost\r\nX-Nul: a\0b\r\n${CLOSE}`, 400],
    ['a NUL in the target', `GET /\0 HTTP/1.1\r\nHost: localhost\r\n${CLOSE}`, 400],
    ['a method in lower case', `get / HTTP/1.1\r\nHost: localhost\r\n${CLOSE}`, 400],
    ['HTTP/2.0 in a request line', `GET / HTTP/2.0\r\nHost: localhost\r\n${CLOSE}`, 505],
    ['a target without a slash', `GET index.html HTTP/1.1\r\nHost: localhost\r\n${CLOSE}`, 400],
    [
      'an unknown transfer coding',
      `POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, gzip\r\n${CLOSE}`,
      501,
    ],
  ] as const)('%s is refused', async ([, bytes, status]) => {
    expect((await send(bytes)).status).toBe(status);
  });

  test.for([
    '/static../package.json',
    '/static../errors/error.html',
    '/static/../package.json',
    '/static/../../../etc/passwd',
    '/static/%2e%2e/%2e%2e/etc/passwd',
    '/static/%2e%2e%2f%2e%2e%2fetc/passwd',
    '/static/..%2f..%2fetc%2fpasswd',
    '/static/%252e%252e/%252e%252e/etc/passwd',
    String.raw`/static/..\..\etc\passwd`,
    '/static/..%5c..%5cetc%5cpasswd',
    '/static/....//....//etc/passwd',
    '/static/welcome.css%00',
    '/static/%00/etc/passwd',
    '/static/',
    '/static',
    '//etc/passwd',
    '/static//etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/..;/etc/passwd',
    '/error.html',
    '/static/../errors/error.html',
    '/.nginx/error.html',
    '/static/staticfiles.json',
    '/srv/errors/error.html',
    '/static/../.nginx/error.html',
    '/static/%c0%ae%c0%ae/etc/passwd',
    '/static/..%00/etc/passwd',
    '/proc/self/environ',
    '/.env',
    '/.git/config',
  ])('%s leaks nothing', async (target) => {
    const { status, text } = await send(requestLine('GET', target));
    expect([400, 403, 404]).toContain(status);
    expect(text).not.toMatch(/root:|"dependencies"|<!--#|\[core\]/);
  });

  test('a body one byte past the limit is a 413, before any of it is sent', async () => {
    const length = `Content-Length: ${10 * 1024 * 1024 + 1}`;
    const { status } = await send(requestLine('POST', '/', length));
    expect(status).toBe(413);
  });

  test.for([
    ['a request line', requestLine('GET', `/${'a'.repeat(9000)}`), 414],
    ['a field line', requestLine('GET', '/', `X-Long: ${'a'.repeat(9000)}`), 431],
    [
      'all fields together',
      requestLine(
        'GET',
        '/',
        ...Array.from({ length: 5 }, (_, i) => `X-${i}: ${'a'.repeat(8000)}`),
      ),
      431,
    ],
    [
      'a request line past the limit of the gateway',
      requestLine('GET', `/${'a'.repeat(5000)}`),
      414,
    ],
  ] as const)('%s that is too long is refused', async ([, bytes, status]) => {
    expect((await send(bytes)).status).toBe(status);
  });

  test.for([
    ['TRACE', '/'],
    ['CONNECT', 'localhost:8000'],
  ] as const)('%s is not allowed', async ([method, target]) => {
    const { status } = await send(requestLine(method, target, 'Content-Length: 0'));
    expect(status).toBe(405);
  });
});
