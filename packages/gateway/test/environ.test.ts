import type { OutgoingHttpHeaders } from 'node:http';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../wsgi/test/temporary-folder.ts';
import { GatewayProcess } from './gateway-process.ts';
import { environOf, get } from './get.ts';

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
