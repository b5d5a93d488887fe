import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { GatewayProcess } from '../../packages/gateway/test/gateway-process.ts';
import { isLong, printFigures, slope } from './figures.ts';
import { Load } from './load.ts';
import { descriptorCount, privateKibibytes } from './process-facts.ts';

const ECHO = join(import.meta.dirname, 'echo.ts');
const WARM_UP_MS = 60_000;
const MEASURED_MS = 210_000;
/** Garbage is collected late: of each span the least counts, when most of it was gone. */
const SPAN_MS = 15_000;
const MEASURED_EVERY_MS = 250;
const KIBIBYTES_A_MINUTE_MAX = 1024;

test.runIf(isLong)('a worker under load for long neither grows nor keeps descriptors', async () => {
  const gateway = await GatewayProcess.startInto('/dev/null', ECHO);
  const [worker = 0] = gateway.workerPids;
  const descriptors = descriptorCount(worker);
  const load = new Load({ port: gateway.port, connections: 16, pauseMs: 10 });
  await setTimeout(WARM_UP_MS);
  const points: [minutes: number, kibibytes: number][] = [];
  for (const startedAtMs = performance.now(); performance.now() - startedAtMs < MEASURED_MS;) {
    points.push([performance.now() / 60_000, await leastKibibytes(worker)]);
  }
  const history = await load.stop();
  await expect.poll(() => descriptorCount(worker)).toBeLessThanOrEqual(descriptors + 2);
  const growth = slope(points);
  printFigures('soak', {
    ...history.figures,
    'KiB a minute': Math.round(growth),
    'KiB at the end': points.at(-1)?.[1],
    'descriptors before': descriptors,
    'descriptors after': descriptorCount(worker),
  });
  expect(history.bad).toEqual([]);
  expect(growth).toBeLessThanOrEqual(KIBIBYTES_A_MINUTE_MAX);
  expect(descriptorCount(worker)).toBeGreaterThanOrEqual(descriptors - 2);
});

async function leastKibibytes(worker: number): Promise<number> {
  let least = Infinity;
  for (const startedAtMs = performance.now(); performance.now() - startedAtMs < SPAN_MS;) {
    await setTimeout(MEASURED_EVERY_MS);
    least = Math.min(least, privateKibibytes(worker));
  }
  return least;
}
