import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Environ } from '../../src/wsgi/types.ts';
import { quote, requestUrl, unquote } from '../../src/wsgi/url.ts';
import { sampleEnviron } from './environ.ts';

test.for<[url: string, changes: Partial<Environ>]>([
  ['http://localhost:8000/', {}],
  ['http://localhost/', { SERVER_PORT: '80' }],
  ['http://localhost:443/', { SERVER_PORT: '443' }],
  ['https://localhost/', { SERVER_PORT: '443', 'wsgi.url_scheme': 'https' }],
  ['http://[::1]:8000/', { SERVER_NAME: '[::1]' }],
  ['http://example.com/', { HTTP_HOST: 'example.com' }],
  ['http://example.com:81/', { HTTP_HOST: 'example.com:81' }],
  ['http://localhost:8000/', { HTTP_HOST: '' }],
  ['http://localhost:8000/app', { SCRIPT_NAME: '/app', PATH_INFO: '' }],
  ['http://localhost:8000/app/', { SCRIPT_NAME: '/app', PATH_INFO: '/' }],
  ['http://localhost:8000/a%20b/caf%C3%A9', { SCRIPT_NAME: '/a b', PATH_INFO: '/caf\xc3\xa9' }],
  ['http://localhost:8000/%3F%23%25', { PATH_INFO: '/?#%' }],
  ['http://localhost:8000/?a=%20&b', { QUERY_STRING: 'a=%20&b' }],
])('%s is the URL', ([url, changes]) => {
  expect(requestUrl(sampleEnviron(changes))).toBe(url);
});

test.for([
  ['/plain', '/plain'],
  ['/a%2Fb', '/a/b'],
  ['/caf%c3%A9', '/caf\xc3\xa9'],
  ['/%', '/%'],
  ['/%zz%4', '/%zz%4'],
  ['/%2525', '/%25'],
  ['/+', '/+'],
  ['/%00', '/\0'],
] as const)('%s is decoded once', ([path, decoded]) => {
  expect(unquote(path)).toBe(decoded);
});

test('what is quoted is unquoted to the same bytes', () => {
  const bytes = fc.uint8Array().map((array) => Buffer.from(array).toString('latin1'));
  fc.assert(
    fc.property(bytes, (path) => {
      expect(unquote(quote(path))).toBe(path);
    }),
  );
});
