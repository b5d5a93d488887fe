/** `npm run test:long`: the whole run instead of the short form that every CI does. */
export const isLong: boolean = process.env['LONG'] === '1';

/** Prints what a test measured, as one line. */
export function printFigures(name: string, figures: Readonly<Record<string, unknown>>): void {
  const words = Object.entries(figures).map(([what, value]) => `${what} ${String(value)}`);
  process.stdout.write(`FIGURES ${name} (${isLong ? 'long' : 'short'}): ${words.join(', ')}\n`);
}

/** The value that so large a share of all values is not above: 0.99 for the 99th percentile. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** How much the values grow for each step of the other, by least squares. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const meanX = mean(points.map(([x]) => x));
  const meanY = mean(points.map(([, y]) => y));
  const covariance = mean(points.map(([x, y]) => (x - meanX) * (y - meanY)));
  return covariance / mean(points.map(([x]) => (x - meanX) ** 2));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
