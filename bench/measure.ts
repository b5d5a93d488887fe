import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Load } from './loads.ts';

/** What one slice of load showed. */
export interface Slice {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** CPU time of each whole process, all threads and the kernel's work for it included. */
  readonly cpuMicroseconds: readonly number[];
  /** Of all processes, after the load. */
  readonly residentBytes: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const CONNECTIONS = 32;
const LOOK_MS = 100;
const POST = join(import.meta.dirname, 'post.lua');

/** Ten header fields, as a browser sends them (Host is wrk's own). */
const FIELDS = [
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'Accept-Language: en-US,en;q=0.5',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Referer: http://localhost:8080/',
  'Cookie: theme=dark; seen=1',
  'Upgrade-Insecure-Requests: 1',
  'Sec-Fetch-Dest: document',
  'Sec-Fetch-Mode: navigate',
];

/** Loads a server for some seconds, and reads what its processes took for it. */
export async function measure(
  port: number,
  { path, body }: Load,
  pids: readonly number[],
  seconds: number,
): Promise<Slice> {
  const url = `http://127.0.0.1:${port}${path}`;
  const runTimes = pids.map((pid) => new RunTime(pid));
  const look = (): number[] => runTimes.map((runTime) => runTime.microseconds());
  const before = look();
  const looks = setInterval(look, LOOK_MS);
  const words = [
    ...['--threads', '1', '--connections', String(CONNECTIONS), '--latency', '--timeout', '20s'],
    ...['--duration', `${seconds}s`, ...FIELDS.flatMap((field) => ['--header', field])],
    ...(body === undefined ? [] : ['--script', POST]),
  ];
  const env = { ...process.env, BODY_FILE: body?.file, BODY_TYPE: body?.contentType };
  const { stdout } = await promisify(execFile)('wrk', [...words, url], { env });
  clearInterval(looks);
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`${url} gave errors:\n${stdout}`);
  return {
    requests: numberIn(stdout, /(\d+) requests in/),
    requestsPerSecond: numberIn(stdout, /Requests\/sec:\s+([\d.]+)/),
    cpuMicroseconds: look().map((microseconds, index) => microseconds - (before[index] ?? 0)),
    residentBytes: total(pids.map(residentBytes)),
    p50Ms: milliseconds(stdout, '50%'),
    p99Ms: milliseconds(stdout, '99%'),
  };
}

/**
 * How long a process ran on a CPU, by the nanosecond: the first field of each thread's schedstat. What
 * `/proc/PID/stat` tells is counted in ticks, and a tick may miss much of what happens between two.
 */
class RunTime {
  readonly #tasks: string;
  /** As last seen: a thread's file goes with it. The threads that serve live on, others may end. */
  readonly #nanoseconds = new Map<string, number>();

  constructor(pid: number) {
    this.#tasks = `/proc/${pid}/task`;
  }

  microseconds(): number {
    const threads = existsSync(this.#tasks) ? readdirSync(this.#tasks) : [];
    for (const thread of threads) {
      const nanoseconds = runTimeOf(`${this.#tasks}/${thread}`);
      if (nanoseconds !== undefined) this.#nanoseconds.set(thread, nanoseconds);
    }
    return total([...this.#nanoseconds.values()]) / 1000;
  }
}

/** Undefined where the thread has just ended. */
function runTimeOf(folder: string): number | undefined {
  try {
    return Number(readFileSync(`${folder}/schedstat`, 'utf8').split(' ')[0]);
  } catch {
    return undefined;
  }
}

function residentBytes(pid: number): number {
  return numberIn(readFileSync(`/proc/${pid}/status`, 'utf8'), /^VmRSS:\s+(\d+) kB$/m) * 1024;
}

export function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0);
}

function numberIn(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? Number.NaN);
}

const UNITS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000 };

function milliseconds(text: string, percentile: string): number {
  const [, value, unit = ''] = new RegExp(`${percentile}\\s+([\\d.]+)(us|ms|s)`).exec(text) ?? [];
  return Number(value) * (UNITS[unit] ?? Number.NaN);
}
