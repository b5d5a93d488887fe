import { expect, test } from 'vitest';
import { parseQualities, selectEncoding } from '../../src/http/accept.ts';

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
  ['gzip;q=2', 'identity'],
  ['gzip;level=9', 'identity'],
])('of br and gzip, %s selects %s', ([fieldValue, coding]) => {
  expect(selectEncoding(fieldValue, ['br', 'gzip'])).toBe(coding);
});

test('codings are found by their older names, too', () => {
  expect(selectEncoding('x-compress', ['compress'])).toBe('compress');
});

test('malformed members are left out', () => {
  const qualities = parseQualities('a, b;q=0.25, c;q=0.2555, d e, ;q=1, f;q=1.0, g;Q=0.5');
  expect([...qualities]).toEqual([
    ['a', 1],
    ['b', 0.25],
    ['f', 1],
    ['g', 0.5],
  ]);
});
