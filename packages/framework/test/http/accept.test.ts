import { expect, test } from 'vitest';
import { selectEncoding, selectMediaType } from '../../src/http/accept.ts';

test.for<[string | undefined, string | undefined]>([
  [undefined, 'identity'],
  ['', 'identity'],
  ['gzip', 'gzip'],
  ['GZIP', 'gzip'],
  ['x-gzip', 'gzip'],
  ['gzip, br', 'br'],
  ['gzip, br;q=0.9', 'gzip'],
  ['gzip ; q=0.5 , br ; Q=0.4', 'gzip'],
  ['*', 'br'],
  ['br;q=0, *', 'gzip'],
  ['gzip;q=0', 'identity'],
  ['deflate', 'identity'],
  ['gzip;q=0.5, identity', 'identity'],
  ['gzip;q=0.001', 'gzip'],
  ['identity;q=0', undefined],
  ['*;q=0', undefined],
  ['*;q=0, identity;q=0.1', 'identity'],
  ['gzip, *;q=0', 'gzip'],
  ['gzip;q=2', 'gzip'],
  ['gzip;q=x', 'identity'],
  ['gzip;level=9', 'gzip'],
  // RFC 9110 §12.5.3
  ['compress, gzip', 'gzip'],
  ['compress;q=0.5, gzip;q=1.0', 'gzip'],
  ['gzip;q=1.0, identity; q=0.5, *;q=0', 'gzip'],
])('of br and gzip, %s selects %s', ([fieldValue, coding]) => {
  expect(selectEncoding(fieldValue, ['br', 'gzip'])).toBe(coding);
});

test('codings are found by their older names, too', () => {
  expect(selectEncoding('x-compress', ['compress'])).toBe('compress');
});

const OFFERED = ['text/html', 'application/json'] as const;

test.for<[accept: string | undefined, type: string | undefined]>([
  [undefined, 'text/html'],
  ['*/*', 'text/html'],
  ['application/json', 'application/json'],
  ['Application/JSON', 'application/json'],
  ['application/*', 'application/json'],
  ['text/html;q=0.5, application/json;q=0.6', 'application/json'],
  ['text/html; q=0.5 , */*;q=0.1', 'text/html'],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html'],
  ['*/*;q=0.8, text/html;q=0.1', 'application/json'],
  ['text/*;q=1, text/html;q=0', undefined],
  ['text/html;q=0, */*', 'application/json'],
  ['image/png', undefined],
  ['text/html;level=1', 'text/html'],
  ['application/json; charset=utf-8', 'application/json'],
  ['application/json;version=1.0, */*;q=0.1', 'application/json'],
  ['text/html;level="1,2;3";q=0.2, application/json;q=0.1', 'text/html'],
  ['text/html;level=1;q=0, application/json;q=0.1', 'application/json'],
  ['application/json;q=2', 'application/json'],
  ['application/json, text/html', 'application/json'],
  ['application/json, text/plain, */*', 'application/json'],
  ['', undefined],
  [',,;q=1', undefined],
])('Accept: %s gets %s', ([accept, type]) => {
  expect(selectMediaType(accept, OFFERED)).toBe(type);
});

test('the case of what is offered does not count', () => {
  expect(selectMediaType('text/html', ['application/json', 'Text/HTML'])).toBe('Text/HTML');
});

test.for<[offered: string[], type: string]>([
  [['text/html', 'text/plain', 'image/jpeg'], 'text/plain'],
  [['text/html', 'image/jpeg'], 'image/jpeg'],
  [['text/html', 'text/plain;format=fixed'], 'text/plain;format=fixed'],
  [['text/plain', 'text/plain;format=flowed'], 'text/plain;format=flowed'],
  [['text/plain', 'text/html'], 'text/plain'],
])('of %j the example of RFC 9110 §12.5.1 gets %s', ([offered, type]) => {
  const accept =
    'text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, text/plain;format=fixed;q=0.4, */*;q=0.5';
  expect(selectMediaType(accept, offered)).toBe(type);
});
