/** Ten steps a decade, from 0.1 ms to 100 s: a duration is known to about a fifth of itself. */
const STEPS = [1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8];
const COARSE_STEPS = [1, 2.5, 5];
const DECADES = [0.1, 1, 10, 100, 1000, 10_000];

/** The upper bounds of the buckets; what takes longer falls into one more, without a bound. */
export const BOUNDS_MS: readonly number[] = boundsOf(STEPS);

/** Some of them, for monitoring, where each bucket is dear to store. */
export const COARSE_BOUNDS_MS: readonly number[] = boundsOf(COARSE_STEPS);

/** How many requests fell into each bucket of `BOUNDS_MS`, and into the one behind. */
export type Durations = readonly number[];

export function noDurations(): number[] {
  return Array.from({ length: BOUNDS_MS.length + 1 }, () => 0);
}

/** The index of the first bucket whose bound is not exceeded. */
export function bucketOf(durationMs: number): number {
  let low = 0;
  let high = BOUNDS_MS.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (durationMs <= (BOUNDS_MS[middle] ?? Infinity)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The duration that a share of the requests did not exceed: 0.99 for p99. Undefined without any. */
export function quantileMs(durations: Durations, share: number): number | undefined {
  const rank = share * sum(durations);
  if (rank === 0) return undefined;
  let below = 0;
  for (const [index, count] of durations.entries()) {
    if (below + count >= rank) return within(index, (rank - below) / count);
    below += count;
  }
  return BOUNDS_MS.at(-1);
}

/** How many requests did not take longer than one of the bounds. */
export function countUpTo(durations: Durations, boundMs: number): number {
  return sum(durations.slice(0, bucketOf(boundMs) + 1));
}

/** Requests are taken to be spread evenly over their bucket. */
function within(index: number, share: number): number {
  const low = BOUNDS_MS[index - 1] ?? 0;
  const high = BOUNDS_MS[index] ?? low;
  return low + (high - low) * share;
}

function boundsOf(steps: readonly number[]): number[] {
  const bounds = DECADES.flatMap((decade) => steps.map((step) => decade * step));
  return bounds.map((bound) => Number(bound.toPrecision(3)));
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
