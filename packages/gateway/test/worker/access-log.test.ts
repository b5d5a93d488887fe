import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Application } from '@wsgi/wsgi';
import { Networks } from '../../src/settings/addresses.ts';
import { AccessLog } from '../../src/worker/access-log.ts';
import type { Service } from '../../src/worker/service.ts';
import { exchange } from '../raw-client.ts';
import { served } from './serve.ts';

test('a line of the access log holds nothing that a terminal heeds', async () => {
  const line = await accessLineOf('/', 'User-Agent: a\x9b31mb\x85"\xe9\r\n');
  expect(line).toMatch(/^[\x20-\x7e\xa0-\xff]*\n$/);
  expect(JSON.parse(line)).toMatchObject({ user_agent: 'a\x9b31mb\x85"\xe9' });
});

test.for(['/plain?a=b', '/a"b', '/a\\b', '/a?"\\', '/"'])(
  'a line of the access log has the target %s as it came',
  async (target) => {
    const line = await accessLineOf(target, '');
    expect(JSON.parse(line)).toMatchObject({ target });
  },
);

test('a line of the access log says which worker served', async () => {
  expect(JSON.parse(await accessLineOf('/', ''))).toMatchObject({ pid: process.pid, worker: 7 });
});

test('how long a request took is told in seconds, as in the line of nginx', async () => {
  const { duration_seconds: seconds, ...rest } = JSON.parse(await accessLineOf('/wait', '')) as {
    readonly duration_seconds: number;
  };
  expect(seconds).toBeGreaterThan(0.09);
  expect(seconds).toBeLessThan(10);
  expect(rest).not.toHaveProperty('duration_ms');
});

const PROXIES = ['127.0.0.1', '10.0.0.0/8', '2001:db8::/32'];

test.for<[trusted: readonly string[], forwarded: readonly string[], client: string]>([
  [PROXIES, [], '127.0.0.1'],
  [PROXIES, ['198.51.100.1'], '198.51.100.1'],
  [PROXIES, ['203.0.113.9, 198.51.100.1, 10.1.1.1'], '198.51.100.1'],
  [PROXIES, ['203.0.113.9', '198.51.100.1', '10.1.1.1,2001:db8::1'], '198.51.100.1'],
  [PROXIES, ['203.0.113.9, ::ffff:198.51.100.1, ::ffff:10.1.1.1'], '198.51.100.1'],
  [PROXIES, ['10.0.0.2, 10.0.0.1'], '10.0.0.2'],
  [PROXIES, ['198.51.100.1, unknown, 10.0.0.1'], '10.0.0.1'],
  [PROXIES, ['","status":200'], '127.0.0.1'],
  [['*'], ['203.0.113.9, 198.51.100.1'], '198.51.100.1'],
  [['192.0.2.1'], ['198.51.100.1'], '127.0.0.1'],
])('where %j are trusted, and %j is forwarded, the client is at %s', async (row) => {
  const [trusted, forwarded, client] = row;
  const fields = forwarded.map((value) => `X-Forwarded-For: ${value}\r\n`).join('');
  const line = await accessLineOf('/', fields, { trustedPeers: new Networks(trusted) });
  expect(JSON.parse(line)).toMatchObject({ remote_addr: client });
});

test('of a request that is too much, too, the client is told', async () => {
  const line = await accessLineOf('/', 'X-Forwarded-For: 198.51.100.1\r\n', {
    trustedPeers: new Networks(PROXIES),
    overload: { requestsInFlight: 0, loopDelayMs: Infinity },
  });
  expect(JSON.parse(line)).toMatchObject({ status: 503, remote_addr: '198.51.100.1' });
});

test('what clients send is cut where it is long, and marked', async () => {
  const line = await accessLineOf(
    `/${'t'.repeat(2000)}`,
    `User-Agent: ${'u'.repeat(8000)}\r\nReferer: ${'r'.repeat(8000)}\r\n`,
  );
  expect(JSON.parse(line)).toMatchObject({
    target: `/${'t'.repeat(1023)}…`,
    user_agent: `${'u'.repeat(512)}…`,
    referer: `${'r'.repeat(512)}…`,
  });
});

test('what just fits is not cut', async () => {
  const line = await accessLineOf('/', `User-Agent: ${'u'.repeat(512)}\r\n`);
  expect(JSON.parse(line)).toMatchObject({ user_agent: 'u'.repeat(512) });
});

/** POSIX PIPE_BUF, on Linux. */
const PIPE_BYTES = 4096;

test.for<[what: string, target: string, field: string]>([
  ['plain', 't', 'u'],
  ['of two bytes each', 't', '\xe9'],
  ['of quotes', '"', '"'],
  ['of backslashes', '\\', '\\'],
  ['of tabs', '"', 'a\t'],
  ['of control characters', '"', '\x9b'],
  ['of control characters behind others', '"', `${'u'.repeat(500)}\x9b`],
  ['of a little that must be escaped', '"', `${'u'.repeat(100)}"\x80`],
])('a line of long fields %s is whole, and a pipe takes it in one piece', async (row) => {
  const [, targetPart, fieldPart] = row;
  const field = fieldPart.repeat(8000).slice(0, 8000).trim();
  const fields =
    `User-Agent: ${field}\r\nReferer: ${field}\r\n` +
    `X-Request-ID: ${'i'.repeat(128)}\r\nX-Forwarded-For: ${'f'.repeat(4)}::${'f'.repeat(4)}\r\n`;
  const line = await accessLineOf(`/${targetPart.repeat(3900)}`, fields, {
    trustedPeers: new Networks(PROXIES),
  });
  expect(JSON.parse(line)).toMatchObject({ user_agent: expect.stringMatching(/.{80}…$/) });
  expect(Buffer.byteLength(line)).toBeLessThan(PIPE_BYTES);
});

test('a long method and a long host are cut, too', async () => {
  const lines = await accessLinesOf(
    `${'M'.repeat(2000)} / HTTP/1.1\r\nHost: ${'h'.repeat(8000)}\r\nConnection: close\r\n\r\n`,
  );
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { method: `${'M'.repeat(64)}…`, host: `${'h'.repeat(255)}…` },
  ]);
});

test('so is what a refusal says', async () => {
  const lines = await accessLinesOf(
    `POST /${'t'.repeat(2000)} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ${'e'.repeat(8000)}\r\n\r\n`,
  );
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    {
      status: 501,
      reason: expect.stringMatching(/e{400}…$/),
      target: expect.stringMatching(/t…$/),
    },
  ]);
  expect(lines.join('').length).toBeLessThan(PIPE_BYTES);
});

test.for<[path: string, statuses: readonly number[]]>([
  ['/healthz', []],
  ['/healthz?verbose', []],
  ['/healthz/', [200]],
  ['/failing', [503]],
])('of health checks only those that fail are told: %s', async ([target, statuses]) => {
  const lines = await accessLinesOf(
    `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
    {},
    ['/failing', '/healthz'],
  );
  expect(lines.map((line) => (JSON.parse(line) as { status: number }).status)).toEqual(statuses);
});

async function accessLineOf(
  target: string,
  fields: string,
  changes: Partial<Service> = {},
): Promise<string> {
  const request = `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields}\r\n`;
  const lines = await accessLinesOf(request, changes);
  expect(lines).toHaveLength(1);
  return lines.join('');
}

const application: Application = async (environ, startResponse) => {
  if (environ.PATH_INFO === '/wait') await setTimeout(100);
  const isFailing = environ.PATH_INFO === '/failing';
  startResponse(isFailing ? '503 Service Unavailable' : '200 OK', [['Content-Type', 'text/plain']]);
  return [];
};

async function accessLinesOf(
  request: string,
  changes: Partial<Service> = {},
  skippedPaths: readonly string[] = [],
): Promise<string[]> {
  const lines: string[] = [];
  const accessLog = new AccessLog({ write: (line) => lines.push(line) }, 7, skippedPaths);
  const { port } = await served(application, { accessLog, ...changes });
  await exchange(port, request);
  return lines;
}
