import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  BOUNDS_MS,
  bucketOf,
  COARSE_BOUNDS_MS,
  countUpTo,
  noDurations,
  quantileMs,
} from '../../src/metrics/durations.ts';

function durationsOf(timesMs: readonly number[]): number[] {
  const durations = noDurations();
  for (const timeMs of timesMs) {
    const bucket = bucketOf(timeMs);
    durations[bucket] = (durations[bucket] ?? 0) + 1;
  }
  return durations;
}

test('the bounds rise from 0.1 ms to over a minute, each by at most a third', () => {
  expect(BOUNDS_MS[0]).toBe(0.1);
  expect(BOUNDS_MS.at(-1)).toBeGreaterThan(60_000);
  for (const [index, bound] of BOUNDS_MS.slice(1).entries()) {
    const step = bound / (BOUNDS_MS[index] ?? Number.NaN);
    expect(step).toBeGreaterThan(1);
    expect(step).toBeLessThanOrEqual(4 / 3 + 0.001);
  }
});

test('the bounds for monitoring are some of the others', () => {
  expect(BOUNDS_MS).toEqual(expect.arrayContaining([...COARSE_BOUNDS_MS]));
});

test.for<[timeMs: number, bucket: number]>([
  [0, 0],
  [0.1, 0],
  [0.11, 1],
  [1, BOUNDS_MS.indexOf(1)],
  [1e9, BOUNDS_MS.length],
])('%d ms falls into bucket %d', ([timeMs, bucket]) => {
  expect(bucketOf(timeMs)).toBe(bucket);
});

test('a quantile is in the bucket of the time that has this rank', () => {
  const times = fc.array(fc.double({ min: 0, max: 70_000, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(times, fc.constantFrom(0.5, 0.9, 0.99, 1), (timesMs, share) => {
      const sorted = timesMs.toSorted((one, other) => one - other);
      const exactMs = sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
      const toldMs = quantileMs(durationsOf(timesMs), share) ?? Number.NaN;
      expect(bucketOf(toldMs)).toBe(bucketOf(exactMs));
    }),
  );
});

test('there is no quantile of nothing', () => {
  expect(quantileMs(noDurations(), 0.5)).toBeUndefined();
});

test('requests are counted up to a bound, and with it', () => {
  expect(countUpTo(durationsOf([0.05, 1, 1.1, 500]), 1)).toBe(2);
});
