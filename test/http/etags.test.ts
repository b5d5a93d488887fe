import { expect, test } from 'vitest';
import {
  contentEtag,
  ifMatchHolds,
  ifNoneMatchHolds,
  isStrongMatch,
  isWeakMatch,
  parseEtags,
} from '../../src/http/etags.ts';

test.for<[string, '*' | string[] | undefined]>([
  ['*', '*'],
  [' * ', '*'],
  ['"a"', ['"a"']],
  ['""', ['""']],
  ['"a", W/"b" ,"c,d"', ['"a"', 'W/"b"', '"c,d"']],
  ['"a",,"b",', ['"a"', '"b"']],
  [', "a"', ['"a"']],
  ['"\xe9"', ['"\xe9"']],
  ['', undefined],
  ['a', undefined],
  ['"a" "b"', undefined],
  ['w/"a"', undefined],
  ['"a", *', undefined],
  ['"a b"', undefined],
  ['"a', undefined],
])('%s is parsed', ([fieldValue, etags]) => {
  expect(parseEtags(fieldValue)).toEqual(etags);
});

// RFC 9110 §8.8.3.2 has this table.
test.for<[string, string, boolean, boolean]>([
  ['W/"1"', 'W/"1"', false, true],
  ['W/"1"', 'W/"2"', false, false],
  ['W/"1"', '"1"', false, true],
  ['"1"', '"1"', true, true],
])('%s and %s: strong %s, weak %s', ([one, other, isStrong, isWeak]) => {
  expect(isStrongMatch(one, other)).toBe(isStrong);
  expect(isWeakMatch(one, other)).toBe(isWeak);
});

test.for<[string, string | undefined, ifMatch: boolean, ifNoneMatch: boolean]>([
  ['*', '"a"', true, false],
  ['*', undefined, false, true],
  ['"a"', '"a"', true, false],
  ['"b", "a"', '"a"', true, false],
  ['W/"a"', '"a"', false, false],
  ['"a"', 'W/"a"', false, false],
  ['"b"', '"a"', false, true],
  ['"a"', undefined, false, true],
  ['malformed', '"a"', false, true],
])('%s for %s: If-Match %s, If-None-Match %s', ([fieldValue, etag, ifMatch, ifNoneMatch]) => {
  expect(ifMatchHolds(fieldValue, etag)).toBe(ifMatch);
  expect(ifNoneMatchHolds(fieldValue, etag)).toBe(ifNoneMatch);
});

test('a long malformed list takes no long time', () => {
  const fieldValue = `${'"a" ,\t, '.repeat(10_000)}"`;
  expect(parseEtags(fieldValue)).toBeUndefined();
});

test('the tag of a content is strong, and has 160 bits of its hash', () => {
  expect(contentEtag(Buffer.from('a'))).toMatch(/^"[\w-]{27}"$/);
  expect(contentEtag(Buffer.from('a'))).not.toBe(contentEtag(Buffer.from('b')));
});
