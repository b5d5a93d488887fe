import { expect, test } from 'vitest';
import { BadRequest } from '../../src/errors.ts';
import { HttpRequest } from '../../src/request.ts';
import { absoluteUrl, isOwnUrl } from '../../src/urls/own-url.ts';
import { sampleEnviron } from '../../../wsgi/test/environ.ts';
import { withSettings } from '../serve.ts';

function request(scheme: 'http' | 'https' = 'http'): HttpRequest {
  withSettings({});
  const environ = { HTTP_HOST: 'testserver', PATH_INFO: '/in/', 'wsgi.url_scheme': scheme };
  return new HttpRequest(sampleEnviron(environ));
}

test.for([
  '/view/?param=http://example.com',
  '/view?param=ftp://example.com',
  'HTTP://testserver/',
  '//testserver/',
  'http://testserver/confirm?email=me@example.com',
  '/url%20with%20spaces/',
  'path/http:2222222222',
  '?next=/',
  '#top',
])('%s stays on this site', (url) => {
  expect(isOwnUrl(request(), url)).toBe(true);
});

test.for([
  '',
  ' /',
  '\n',
  'http://example.com',
  'http:///example.com',
  'https://testserver/',
  'ftp://testserver/',
  '//example.com',
  '///example.com',
  '/\\example.com',
  '\\\\example.com',
  '\\//example.com',
  '/\t/example.com',
  '\x08//example.com',
  'javascript:alert(1)',
  '\njavascript:alert(1)',
  'java\nscript:alert(1)',
  'data:text/html,x',
  'http://testserver\\@example.com',
  'http://testserver@example.com',
  'http://me:pass@testserver/',
  'http://testserver:8080/',
  'http://testserver.example.com/',
  'http://[2001:cdba::3257:9652/',
])('%j leaves it', (url) => {
  expect(isOwnUrl(request(), url)).toBe(false);
});

test('what came over https does not go on over http', () => {
  expect(isOwnUrl(request('https'), 'http://testserver/')).toBe(false);
  expect(isOwnUrl(request('https'), 'https://testserver/')).toBe(true);
});

test('a path becomes a whole URL, and never one of another site', () => {
  expect(absoluteUrl(request(), '/a b'.replace(' ', '%20'))).toBe('http://testserver/a%20b');
  expect(absoluteUrl(request(), '?page=2')).toBe('http://testserver/in/?page=2');
  expect(() => absoluteUrl(request(), '//evil.example/')).toThrow(BadRequest);
});
