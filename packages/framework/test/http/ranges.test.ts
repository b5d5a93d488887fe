import { expect, test } from 'vitest';
import { contentRange, parseByteRange } from '../../src/http/ranges.ts';

test.for<[string, first: number, last: number]>([
  ['bytes=0-0', 0, 0],
  ['bytes=0-99', 0, 99],
  ['bytes=10-', 10, 99],
  ['bytes=10-1000', 10, 99],
  ['bytes=-1', 99, 99],
  ['bytes=-1000', 0, 99],
  ['BYTES=0-0', 0, 0],
  ['bytes= 0-1 ', 0, 1],
  ['bytes=0-99999999999999999999', 0, 99],
])('%s of 100 bytes', ([fieldValue, first, last]) => {
  expect(parseByteRange(fieldValue, 100)).toEqual({ first, last });
});

test.for<[string, number]>([
  ['bytes=100-', 100],
  ['bytes=-0', 100],
  ['bytes=0-', 0],
  ['bytes=-5', 0],
  ['bytes=99999999999999999999-', 100],
])('%s of %i bytes cannot be satisfied', ([fieldValue, sizeBytes]) => {
  expect(parseByteRange(fieldValue, sizeBytes)).toBe('unsatisfiable');
});

test.for([
  '',
  'bytes',
  'bytes=',
  'bytes=,',
  'bytes=-',
  'bytes=a-b',
  'bytes=5-4',
  'bytes=0-1,x',
  'bytes=0-0,2-2',
  'bytes=0--1',
  'bytes=+1-2',
  'lines=0-1',
  'bytes 0-1',
])("'%s' is ignored", (fieldValue) => {
  expect(parseByteRange(fieldValue, 100)).toBeUndefined();
});

test('Content-Range tells the part, or that there is none', () => {
  expect(contentRange({ first: 0, last: 9 }, 100)).toBe('bytes 0-9/100');
  expect(contentRange(undefined, 100)).toBe('bytes */100');
});
