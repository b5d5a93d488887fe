import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatHttpDate, parseHttpDate } from '../../src/http/dates.ts';

test('the three forms of a date are the same moment', () => {
  const moment = new Date(Date.UTC(1994, 10, 6, 8, 49, 37));
  expect(parseHttpDate('Sun, 06 Nov 1994 08:49:37 GMT')).toEqual(moment);
  expect(parseHttpDate('Sunday, 06-Nov-94 08:49:37 GMT')).toEqual(moment);
  expect(parseHttpDate('Sun Nov  6 08:49:37 1994')).toEqual(moment);
  expect(formatHttpDate(moment)).toBe('Sun, 06 Nov 1994 08:49:37 GMT');
});

test.for([
  ['76', 2076],
  ['77', 1977],
  ['26', 2026],
  ['00', 2000],
] as const)('in 2026, the year %s is %i', ([year, fullYear]) => {
  const date = parseHttpDate(`Monday, 01-Jan-${year} 00:00:00 GMT`, new Date('2026-06-01'));
  expect(date?.getUTCFullYear()).toBe(fullYear);
});

test.for<[title: string, text: string, moment: string]>([
  ['a leap second', 'Sat, 31 Dec 2016 23:59:60 GMT', '2017-01-01T00:00:00.000Z'],
  ['a leap day', 'Thu, 29 Feb 2024 00:00:00 GMT', '2024-02-29T00:00:00.000Z'],
  ['an early year', 'Sun, 01 Jan 0050 00:00:00 GMT', '0050-01-01T00:00:00.000Z'],
])('%s is a date', ([, text, moment]) => {
  expect(parseHttpDate(text)?.toISOString()).toBe(moment);
});

test.for([
  '',
  'now',
  '2026-01-01',
  'Sun, 31 Feb 2026 00:00:00 GMT',
  'Sun, 00 Jan 2026 00:00:00 GMT',
  'Sun, 06 Nov 1994 24:00:00 GMT',
  'Sun, 06 Nov 1994 08:60:00 GMT',
  'Sun, 06 Nov 1994 08:49:37',
  'Sun, 06 Nov 1994 08:49:37 UTC',
  'Sun, 6 Nov 1994 08:49:37 GMT',
  'sun, 06 nov 1994 08:49:37 GMT',
  'Sun, 06 Nov 1994 08:49:37 GMT ',
])("'%s' is not a date", (text) => {
  expect(parseHttpDate(text)).toBeUndefined();
});

test('what is formatted is parsed to the same second', () => {
  const seconds = fc.integer({ min: 0, max: 253_402_300_799 });
  fc.assert(
    fc.property(seconds, (second) => {
      const date = new Date(second * 1000);
      expect(parseHttpDate(formatHttpDate(date))).toEqual(date);
    }),
  );
});
