import { expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatMs,
  formatRate,
  formatSeconds,
  formatShare,
} from '../../../src/gateway/figures/quantities.ts';

const GIBIBYTE = 1024 ** 3;

test.for([
  [formatSeconds, 59.9, '59 s'],
  [formatSeconds, 60, '1 min'],
  [formatSeconds, 3599, '59 min'],
  [formatSeconds, 3600, '1 h'],
  [formatSeconds, 86_399, '23 h'],
  [formatSeconds, 86_400, '1 d'],
  [formatMs, 0.44, '0.4 ms'],
  [formatMs, 9.96, '10 ms'],
  [formatMs, 999.4, '999 ms'],
  [formatMs, 999.5, '1.0 s'],
  [formatMs, 12_345, '12 s'],
  [formatBytes, 0, '-'],
  [formatBytes, 0.5 * GIBIBYTE, '512 MiB'],
  [formatBytes, 1000 * 1024 ** 2, '1.0 GiB'],
  [formatBytes, 12 * GIBIBYTE, '12 GiB'],
  [formatRate, 0, '0'],
  [formatRate, 9.94, '9.9'],
  [formatRate, 12_499.6, '12500'],
  [formatCount, 1_234_567, '1,234,567'],
  [formatShare, 0.125, '13 %'],
] as const)('%o writes %d as %s', ([format, quantity, text]) => {
  expect(format(quantity)).toBe(text);
});

test('a duration that nobody measured is a dash', () => {
  expect(formatMs(undefined)).toBe('-');
});
