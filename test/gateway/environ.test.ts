import type { OutgoingHttpHeaders } from 'node:http';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';
import { GatewayProcess } from './gateway-process.ts';
import { environOf, get } from './get.ts';
import { RawClient } from './raw-client.ts';

test('environment, working directory and mount point reach the application', async () => {
  const directory = temporaryFolder();
  const gateway = await GatewayProcess.startOne(
    'environ.ts',
    '-e',
    'PLANTED=a=b',
    '--chdir',
    directory,
    '--root-path',
    '/shop',
  );
  expect(await environOf(gateway, '/shop/cart')).toMatchObject({
    SCRIPT_NAME: '/shop',
    PATH_INFO: '/cart',
    cwd: directory,
    planted: 'a=b',
  });
  expect(await environOf(gateway, '/shopping')).toMatchObject({ PATH_INFO: '/shopping' });
});

test('only trusted peers are believed about the scheme and the request id', async () => {
  const headers = { 'X-Forwarded-Proto': 'https', 'X-Request-ID': 'given' };
  const trusting = await GatewayProcess.startOne('environ.ts');
  const believed = { 'wsgi.url_scheme': 'https', 'gateway.request_id': 'given' };
  expect(await environOf(trusting, '/', headers)).toMatchObject(believed);
  const wary = await GatewayProcess.startOne('environ.ts', '--forwarded-allow-ips', '192.0.2.0/24');
  expect(await environOf(wary, '/', headers)).toMatchObject({ 'wsgi.url_scheme': 'http' });
  expect(await environOf(wary, '/', headers)).not.toMatchObject({ 'gateway.request_id': 'given' });
});

test.for<OutgoingHttpHeaders>([
  { 'X-Forwarded-Proto': ['http', 'https'] },
  { 'X-Forwarded-Proto': 'https, http' },
])('a proxy that contradicts itself about the scheme is refused: %j', async (headers) => {
  const gateway = await GatewayProcess.startOne('environ.ts');
  expect((await get(gateway, '/', headers)).status).toBe(400);
});

test.for<[scheme: string, headers: OutgoingHttpHeaders]>([
  ['https', { 'X-Forwarded-Proto': ['https', 'https'] }],
  ['http', { 'X-Forwarded-Proto': ['http', 'http'] }],
])('one that says %s twice is believed', async ([scheme, headers]) => {
  const gateway = await GatewayProcess.startOne('environ.ts');
  expect(await environOf(gateway, '/', headers)).toMatchObject({ 'wsgi.url_scheme': scheme });
});

test('no peer is heard by another field, nor by one with an underscore', async () => {
  const gateway = await GatewayProcess.startOne('environ.ts');
  const headers = { 'X-Forwarded-SSL': 'on', X_FORWARDED_PROTO: 'https', SCRIPT_NAME: '/shop' };
  expect(await environOf(gateway, '/', headers)).toMatchObject({
    SCRIPT_NAME: '',
    'wsgi.url_scheme': 'http',
  });
});

test('a PROXY protocol header of an allowed peer gives the client its address', async () => {
  const gateway = await GatewayProcess.startOne('environ.ts', '--proxy-protocol', 'auto');
  const client = await RawClient.connect(gateway.port);
  client.send(
    'PROXY TCP4 192.0.2.1 198.51.100.1 12345 80\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  );
  expect(await client.untilClosed()).toMatch(/"REMOTE_ADDR":"192.0.2.1"[^]*"REMOTE_PORT":"12345"/);

  const bare = await RawClient.connect(gateway.port);
  bare.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(await bare.untilClosed()).toMatch(/^HTTP\/1.1 400 /);
});

test('other peers are not heard where a PROXY protocol header is expected, and told of once', async () => {
  const args = ['--proxy-protocol', 'v1', '--proxy-allow-from', '192.0.2.0/24'];
  const gateway = await GatewayProcess.startOne('environ.ts', ...args);
  for (const _ of [1, 2]) {
    const client = await RawClient.connect(gateway.port);
    client.send('PROXY TCP4 192.0.2.1 198.51.100.1 12345 80\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await client.untilClosed()).toBe('');
  }
  gateway.signal('SIGTERM');
  await gateway.exited;
  const told = gateway.log.filter(({ level }) => level === 'warn');
  expect(told).toEqual([
    expect.objectContaining({
      msg: expect.stringMatching(/^connections from 127\.0\.0\.1 are closed: .*proxy-allow-from/),
    }),
  ]);
});
