import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { GatewayProcess } from '../../packages/gateway/test/gateway-process.ts';
import { isLong, percentile, printFigures } from './figures.ts';
import { cpuSeconds, privateKibibytes } from './process-facts.ts';
import { download, upload } from './transfer-client.ts';

/** A server, and what was measured in each round. */
interface Subject {
  readonly port: number;
  readonly pid: number;
  /** Its private memory before the first round. */
  readonly kibibytesBefore: number;
  readonly megabytesPerSecond: number[];
  readonly cpuSeconds: number[];
  /** The most that it had above that. */
  readonly growthMebibytes: number[];
}

const APPLICATION = join(import.meta.dirname, 'transfer-application.ts');
const MEBIBYTE = 1_048_576;
const BYTES = (isLong ? 1024 : 128) * MEBIBYTE;
const ROUNDS = 3;
/**
 * Pieces that have passed are garbage until V8 collects, which it does after 64 MiB of buffers; and
 * its young generation and the rest of the heap grow too. One body that is kept is more, also in the short form.
 */
const GROWTH_MEBIBYTES = 120;
/** Loose, as the machine is not ours alone; and so short a form is mostly warming up. */
const CPU_RATIO = isLong ? 2 : 10;

test.for([
  { direction: 'an upload', transfer: upload },
  { direction: 'a download', transfer: download },
])('$direction passes through the worker at speed, and leaves its memory flat', async (row) => {
  const gateway = await startGateway();
  const twin = await startTwin();
  for (let round = 0; round < ROUNDS; round += 1) {
    await run(row.transfer, gateway);
    await run(row.transfer, twin);
  }
  const speed = median(gateway.megabytesPerSecond);
  const twinSpeed = median(twin.megabytesPerSecond);
  const cpuRatio = median(gateway.cpuSeconds) / median(twin.cpuSeconds);

  printFigures(`${row.direction} of ${BYTES / MEBIBYTE} MiB`, {
    'MB/s': Math.round(speed),
    'MB/s of node:http': Math.round(twinSpeed),
    ratio: (speed / twinSpeed).toFixed(2),
    'CPU seconds': gateway.cpuSeconds,
    'CPU seconds of node:http': twin.cpuSeconds,
    'CPU ratio': cpuRatio.toFixed(2),
    'MiB above the level before': gateway.growthMebibytes,
    'the same of node:http': twin.growthMebibytes,
  });
  expect(Math.max(...gateway.growthMebibytes)).toBeLessThan(GROWTH_MEBIBYTES);
  // Not the time on the clock, which is the whole machine's: that is for a benchmark.
  expect(cpuRatio).toBeLessThan(CPU_RATIO);
});

async function run(transfer: typeof upload, subject: Subject): Promise<void> {
  const samples: number[] = [];
  const takeSample = (): void => void samples.push(privateKibibytes(subject.pid));
  const cpuBefore = cpuSeconds(subject.pid);
  const startedAtMs = performance.now();
  const count = await transfer(subject.port, BYTES, takeSample);
  const seconds = (performance.now() - startedAtMs) / 1000;
  takeSample();
  expect(count).toBe(BYTES);
  subject.cpuSeconds.push(Math.round((cpuSeconds(subject.pid) - cpuBefore) * 100) / 100);
  subject.megabytesPerSecond.push(BYTES / 1e6 / seconds);
  const growth = Math.max(...samples) - subject.kibibytesBefore;
  subject.growthMebibytes.push(Math.round(growth / 1024));
}

async function startGateway(): Promise<Subject> {
  const gateway = await GatewayProcess.startOne(APPLICATION, '--limit-request-body', '0');
  return asSubject(gateway.port, gateway.workerPids[0] ?? 0);
}

/** The same out of a bare node:http server, in a process of its own too. */
async function startTwin(): Promise<Subject> {
  const child = fork(new URL('transfer-twin-process.ts', import.meta.url));
  onTestFinished(() => void child.kill('SIGKILL'));
  const [port] = (await once(child, 'message')) as [number];
  return asSubject(port, Number(child.pid));
}

function asSubject(port: number, pid: number): Subject {
  const kibibytesBefore = privateKibibytes(pid);
  return {
    port,
    pid,
    kibibytesBefore,
    megabytesPerSecond: [],
    cpuSeconds: [],
    growthMebibytes: [],
  };
}

function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}
