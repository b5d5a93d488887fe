import { expect, test } from 'vitest';
import { Networks } from '../../src/settings/addresses.ts';
import { FIRST_NUMBER, requestIds, serverNameAndPort } from '../../src/worker/environ.ts';
import type { Environ } from '@wsgi/wsgi';
import { exchange } from '../raw-client.ts';
import { ENVIRON, served } from './serve.ts';

/** The environ of a request that a trusted proxy, or somebody else, sends with these fields. */
async function environOf(
  path: string,
  fields: string,
  scriptName = '',
  trusted = ['127.0.0.1'],
): Promise<Environ> {
  const seen = Promise.withResolvers<Environ>();
  const { port } = await served(
    (environ, startResponse) => {
      seen.resolve(environ);
      startResponse('200 OK', [['Content-Type', 'text/plain']]);
      return [];
    },
    {
      environ: { ...ENVIRON, scriptName },
      trustedPeers: new Networks(trusted),
    },
  );
  await exchange(port, `GET ${path} HTTP/1.1\r\nHost: a\r\n${fields}Connection: close\r\n\r\n`);
  return seen.promise;
}

test.for<[path: string, rest: string]>([
  ['/shop', ''],
  ['/shop/env', '/env'],
  ['/%73hop/env', '/env'],
  ['/shopping', '/shopping'],
  ['/env', '/env'],
])('of %s below the root path /shop, %s is left', async ([path, rest]) => {
  expect(await environOf(path, '', '/shop')).toMatchObject({
    SCRIPT_NAME: '/shop',
    PATH_INFO: rest,
  });
});

test('fields that repeat, in any case, are joined: RFC 9110 §5.2, cookies as RFC 6265 §5.4 has it', async () => {
  const fields = 'Cookie: a=1\r\nX-Tag: one\r\nCOOKIE: b=2\r\nx-tag: two\r\ncookie: c=3\r\n';
  expect(await environOf('/', fields)).toMatchObject({
    HTTP_COOKIE: 'a=1; b=2; c=3',
    HTTP_X_TAG: 'one,two',
  });
});

const FORWARDED = {
  HTTP_X_FORWARDED_FOR: '203.0.113.9',
  HTTP_X_FORWARDED_PROTO: 'https',
  HTTP_X_FORWARDED_HOST: 'evil.example',
  HTTP_X_FORWARDED_PORT: '443',
  HTTP_X_FORWARDED_SSL: 'on',
  HTTP_FORWARDED: 'for=203.0.113.9;proto=https',
};

test.for([
  ['a trusted peer', ['127.0.0.1'], 'https', Object.keys(FORWARDED)],
  ['another peer', ['192.0.2.1'], 'http', []],
  ['another peer, where nobody is trusted', [], 'http', []],
] as const)('what %s says of the client and its scheme', async ([, trusted, scheme, keys]) => {
  const lines = Object.entries(FORWARDED).map(
    ([key, value]) => `${key.slice('HTTP_'.length).replaceAll('_', '-')}: ${value}\r\n`,
  );
  const environ = await environOf('/', `${lines.join('')}X-Own: own\r\n`, '', [...trusted]);
  expect(environ).toMatchObject({
    'wsgi.url_scheme': scheme,
    REMOTE_ADDR: '127.0.0.1',
    HTTP_HOST: 'a',
    HTTP_X_OWN: 'own',
  });
  expect(Object.keys(environ).filter((key) => key.includes('FORWARDED'))).toEqual(keys);
});

test('fields of many names keep each its value', async () => {
  const names = Array.from({ length: 90 }, (_, number) => `x-${number}`);
  const environ = await environOf('/', names.map((name) => `${name}: ${name}\r\n`).join(''));
  const values = Object.entries(environ).filter(([key]) => key.startsWith('HTTP_X_'));
  expect(values).toEqual(
    names.map((name) => [`HTTP_${name.toUpperCase().replace('-', '_')}`, name]),
  );
});

test.for<[host: string, serverName: string]>([
  ['127.0.0.1', '127.0.0.1'],
  ['::1', '[::1]'],
])('the server name of %s is %s', ([host, serverName]) => {
  expect(serverNameAndPort({ kind: 'tcp', host, port: 80 })).toEqual({
    serverName,
    serverPort: '80',
  });
});

test.for<[what: string, id: string, isTaken: boolean]>([
  ['of 128 characters', 'x'.repeat(128), true],
  ['of one more', 'x'.repeat(129), false],
  ['with a quote', 'a"b', false],
])('of a trusted proxy, an id %s, %s, is taken: %s', async ([, id, isTaken]) => {
  const environ = await environOf('/', `X-Request-ID: ${id}\r\n`);
  expect(environ['gateway.request_id'] === id).toBe(isTaken);
});

test('an id has 32 hexadecimal digits, also behind the last number, and comes once', () => {
  const next = requestIds(FIRST_NUMBER + 1);
  const ids = Array.from({ length: 100 }, next);
  expect(ids).toEqual(ids.map(() => expect.stringMatching(/^[0-9a-f]{32}$/)));
  expect(new Set(ids).size).toBe(ids.length);
});

test('the ids of two workers differ in more than their numbers', () => {
  const [one, other] = [requestIds()(), requestIds()()];
  expect(one.slice(0, 24)).not.toBe(other.slice(0, 24));
});
