import { performance } from 'node:perf_hooks';
import type { RequestInFlight } from '../worker/watchdog.ts';
import type { MetricFamily } from './project-metrics.ts';
import { bucketOf, noDurations, type Durations } from './durations.ts';

/** What a worker tells the arbiter with each heartbeat: counts since the one before, and how it stands. */
export interface WorkerMetrics extends Counts, Gauges {
  /** A few of those in flight, the oldest first. */
  readonly oldestRequests: readonly RequestInFlight[];
  /** The project's own, where it has a hook for them. */
  readonly project?: readonly MetricFamily[] | undefined;
}

/** What stands in reports as the last heartbeat told it. */
export interface Gauges {
  readonly requestsInFlight: number;
  readonly connections: number;
  readonly memoryBytes: number;
}

/** What adds up, over heartbeats and over workers. */
export interface Counts {
  /** Answers, in the order of `STATUS_CLASSES`; those to refused requests too. */
  readonly statuses: readonly number[];
  /** Of the requests that the application answered. */
  readonly durations: Durations;
  readonly durationSumMs: number;
  /** Of bodies. */
  readonly sentBytes: number;
  readonly seconds: number;
  /** The time that the event loop did not wait for something to do. */
  readonly busySeconds: number;
  /** The longest turn of the event loop: so long may a request have waited for its own. */
  readonly loopDelayMs: number;
}

export const STATUS_CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;
const CLIENT_ERROR = 4;
const SERVER_ERROR = 5;
const CODE_OF_0 = 0x30;

/** What a worker counts and measures; it costs each request one search in a small table. */
export class Meter {
  #counts = noCounts();
  #utilization = performance.eventLoopUtilization();

  /** @param status `"200 OK"`, or `''` where the client went away before: counted as 499, as in the access log. */
  countRequest(status: string, durationMs: number, sentBytes: number): void {
    this.#countAnswer(status === '' ? CLIENT_ERROR : status.charCodeAt(0) - CODE_OF_0);
    increment(this.#counts.durations, bucketOf(durationMs));
    this.#counts.durationSumMs += durationMs;
    this.#counts.sentBytes += sentBytes;
  }

  /** Counts a request that the application never saw. */
  countRefusal(statusCode: number): void {
    this.#countAnswer(Math.floor(statusCode / 100));
  }

  noteLoopDelay(ms: number): void {
    this.#counts.loopDelayMs = Math.max(this.#counts.loopDelayMs, ms);
  }

  /** Gives what was counted and measured since the last time. */
  take(): Counts & Pick<Gauges, 'memoryBytes'> {
    const utilization = performance.eventLoopUtilization();
    const { active, idle } = performance.eventLoopUtilization(utilization, this.#utilization);
    const counts = { ...this.#counts, seconds: (active + idle) / 1000, busySeconds: active / 1000 };
    this.#utilization = utilization;
    this.#counts = noCounts();
    return { ...counts, memoryBytes: residentBytes() };
  }

  /** A class that there is not, which clients take for 5xx (RFC 9110 §15), counts as such. */
  #countAnswer(statusClass: number): void {
    const known = statusClass >= 1 && statusClass <= SERVER_ERROR ? statusClass : SERVER_ERROR;
    increment(this.#counts.statuses, known - 1);
  }
}

let knownBytes = 0;

/** For people, rounded. */
export function mebibytes(bytes: number): number {
  return Math.round(bytes / (1024 * 1024));
}

/** The memory that the process takes, or took when that could be told last. */
export function residentBytes(): number {
  try {
    knownBytes = process.memoryUsage.rss();
  } catch {
    // It reads a file in /proc, and there may be no descriptor left.
  }
  return knownBytes;
}

export const NOTHING: Counts = noCounts();

/** What two heartbeats tell together. */
export function add(one: Counts, other: Counts): Counts {
  return {
    statuses: addEach(one.statuses, other.statuses),
    durations: addEach(one.durations, other.durations),
    durationSumMs: one.durationSumMs + other.durationSumMs,
    sentBytes: one.sentBytes + other.sentBytes,
    seconds: one.seconds + other.seconds,
    busySeconds: one.busySeconds + other.busySeconds,
    loopDelayMs: Math.max(one.loopDelayMs, other.loopDelayMs),
  };
}

function noCounts() {
  return {
    statuses: STATUS_CLASSES.map(() => 0),
    durations: noDurations(),
    durationSumMs: 0,
    sentBytes: 0,
    seconds: 0,
    busySeconds: 0,
    loopDelayMs: 0,
  };
}

function increment(counts: number[], index: number): void {
  counts[index] = (counts[index] ?? 0) + 1;
}

function addEach(some: readonly number[], others: readonly number[]): number[] {
  return some.map((number, index) => number + (others[index] ?? 0));
}
