import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** What one slice of load showed. */
export interface Slice {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** CPU time of the whole process, kernel and all threads included. */
  readonly cpuMicroseconds: number;
  /** The kernel's part of it. */
  readonly kernelMicroseconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const CONNECTIONS = 32;
/** /proc counts CPU time in hundredths of a second. */
const TICK_MICROSECONDS = 10_000;

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

/** Loads a server for some seconds, and reads what its process took for it. */
export async function measure(url: string, pid: number, seconds: number): Promise<Slice> {
  const before = cpuTime(pid);
  const { stdout } = await promisify(execFile)('wrk', [
    ...['--threads', '1', '--connections', String(CONNECTIONS), '--latency'],
    ...['--duration', `${seconds}s`, ...FIELDS.flatMap((field) => ['--header', field]), url],
  ]);
  const after = cpuTime(pid);
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`${url} gave errors:\n${stdout}`);
  return {
    requests: numberIn(stdout, /(\d+) requests in/),
    requestsPerSecond: numberIn(stdout, /Requests\/sec:\s+([\d.]+)/),
    cpuMicroseconds: after.cpuMicroseconds - before.cpuMicroseconds,
    kernelMicroseconds: after.kernelMicroseconds - before.kernelMicroseconds,
    p50Ms: milliseconds(stdout, '50%'),
    p99Ms: milliseconds(stdout, '99%'),
  };
}

/** User and system time, the 14th and 15th field of /proc/PID/stat. */
function cpuTime(pid: number): Pick<Slice, 'cpuMicroseconds' | 'kernelMicroseconds'> {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  const kernelMicroseconds = Number(fields[12]) * TICK_MICROSECONDS;
  const userMicroseconds = Number(fields[11]) * TICK_MICROSECONDS;
  return { cpuMicroseconds: userMicroseconds + kernelMicroseconds, kernelMicroseconds };
}

function numberIn(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? Number.NaN);
}

const UNITS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000 };

function milliseconds(text: string, percentile: string): number {
  const [, value, unit = ''] = new RegExp(`${percentile}\\s+([\\d.]+)(us|ms|s)`).exec(text) ?? [];
  return Number(value) * (UNITS[unit] ?? Number.NaN);
}
