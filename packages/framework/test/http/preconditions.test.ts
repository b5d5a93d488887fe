import { expect, test } from 'vitest';
import {
  contentEtag,
  evaluatePreconditions,
  ifRangeHolds,
  parseEtags,
  type Validators,
} from '../../src/http/preconditions.ts';

const MODIFIED = 'Sun, 22 Nov 2026 10:00:00 GMT';
const EARLIER = 'Sun, 22 Nov 2026 09:59:59 GMT';
const LATER = 'Sun, 22 Nov 2026 10:00:01 GMT';
// Half a second that Last-Modified cannot tell.
const VALIDATORS = { etag: '"a"', modified: new Date('2026-11-22T10:00:00.500Z') };

function evaluate(
  method: string,
  fields: Record<string, string>,
  validators: Validators = VALIDATORS,
  exists?: boolean,
) {
  return evaluatePreconditions(method, new Map(Object.entries(fields)), validators, exists);
}

test.for<[Record<string, string>, get: string, put: string]>([
  [{}, 'proceed', 'proceed'],
  [{ 'If-Match': '"a"' }, 'proceed', 'proceed'],
  [{ 'If-Match': '"b"' }, 'failed', 'failed'],
  [{ 'If-Match': '"a"', 'If-Unmodified-Since': EARLIER }, 'proceed', 'proceed'],
  [{ 'If-Unmodified-Since': EARLIER }, 'failed', 'failed'],
  [{ 'If-Unmodified-Since': MODIFIED }, 'proceed', 'proceed'],
  [{ 'If-Unmodified-Since': 'whenever' }, 'proceed', 'proceed'],
  [{ 'If-None-Match': '"a"' }, 'not-modified', 'failed'],
  [{ 'If-None-Match': 'W/"a"' }, 'not-modified', 'failed'],
  [{ 'If-None-Match': '*' }, 'not-modified', 'failed'],
  [{ 'If-None-Match': '"b"' }, 'proceed', 'proceed'],
  [{ 'If-None-Match': '"b"', 'If-Modified-Since': LATER }, 'proceed', 'proceed'],
  [{ 'If-Match': '"b"', 'If-None-Match': '"a"' }, 'failed', 'failed'],
  [{ 'If-Modified-Since': EARLIER }, 'proceed', 'proceed'],
  [{ 'If-Modified-Since': MODIFIED }, 'not-modified', 'proceed'],
  [{ 'If-Modified-Since': LATER }, 'not-modified', 'proceed'],
  [{ 'If-Modified-Since': 'whenever' }, 'proceed', 'proceed'],
])('%j: GET %s, PUT %s', ([fields, get, put]) => {
  expect(evaluate('GET', fields)).toBe(get);
  expect(evaluate('HEAD', fields)).toBe(get);
  expect(evaluate('PUT', fields)).toBe(put);
});

test('without validators dates do not count, and * stands for what is there', () => {
  expect(evaluate('GET', { 'If-Modified-Since': LATER }, {})).toBe('proceed');
  expect(evaluate('GET', { 'If-Unmodified-Since': EARLIER }, {})).toBe('proceed');
  expect(evaluate('PUT', { 'If-Match': '*' }, {})).toBe('failed');
  expect(evaluate('PUT', { 'If-None-Match': '*' }, {})).toBe('proceed');
});

const DATE_ALONE = { modified: VALIDATORS.modified };

test.for<[what: string, Validators, exists?: boolean]>([
  ['a date alone', DATE_ALONE],
  ['no validator', {}, true],
])('* holds for what exists with %s, an entity tag for nothing', ([, validators, exists]) => {
  const is = (method: string, name: string, value: string) =>
    evaluate(method, { [name]: value }, validators, exists);
  expect(is('PUT', 'If-None-Match', '*')).toBe('failed');
  expect(is('GET', 'If-None-Match', '*')).toBe('not-modified');
  expect(is('PUT', 'If-Match', '*')).toBe('proceed');
  expect(is('PUT', 'If-None-Match', '"a"')).toBe('proceed');
  expect(is('PUT', 'If-Match', '"a"')).toBe('failed');
});

test.for([
  ['"a"', true],
  ['"b"', false],
  ['W/"a"', false],
  [MODIFIED, true],
  [EARLIER, false],
  [LATER, false],
  ['whenever', false],
] as const)('If-Range: %s holds: %s', ([fieldValue, holds]) => {
  expect(ifRangeHolds(fieldValue, VALIDATORS)).toBe(holds);
});

test('If-Range never holds without validators, or for a weak one', () => {
  expect(ifRangeHolds('"a"', {})).toBe(false);
  expect(ifRangeHolds(MODIFIED, {})).toBe(false);
  expect(ifRangeHolds('W/"a"', { etag: 'W/"a"' })).toBe(false);
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
  // RFC 9110 §8.8.3.2
  ['W/"1"', 'W/"1"', false, false],
  ['W/"1"', 'W/"2"', false, true],
  ['W/"1"', '"1"', false, false],
  ['"1"', '"1"', true, false],
  ['malformed', '"a"', false, true],
])('%s for %s: If-Match %s, If-None-Match %s', ([fieldValue, etag, ifMatch, ifNoneMatch]) => {
  const holds = (name: string) => evaluate('PUT', { [name]: fieldValue }, { etag }) === 'proceed';
  expect(holds('If-Match')).toBe(ifMatch);
  expect(holds('If-None-Match')).toBe(ifNoneMatch);
});

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

test('a long malformed list takes no long time', () => {
  const fieldValue = `${'"a" ,\t, '.repeat(10_000)}"`;
  expect(parseEtags(fieldValue)).toBeUndefined();
});

test('the tag of a content is strong, and has 160 bits of its hash', () => {
  expect(contentEtag(Buffer.from('a'))).toMatch(/^"[\w-]{27}"$/);
  expect(contentEtag(Buffer.from('a'))).not.toBe(contentEtag(Buffer.from('b')));
});
