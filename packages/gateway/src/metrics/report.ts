import type { WorkerState } from '../messages.ts';
import type { RequestInFlight } from '../worker/watchdog.ts';
import { sum } from './durations.ts';
import type { MetricFamily } from './project-metrics.ts';
import type { Gauges, STATUS_CLASSES } from './meter.ts';

/** The metrics of a gateway: the answer on its control socket, shown by `stats`, `top` and `/metrics`. */
export interface Report {
  readonly version: string;
  readonly applicationName: string;
  readonly pid: number;
  readonly addresses: readonly string[];
  readonly uptimeSeconds: number;
  /** How many workers there should be. */
  readonly workersWanted: number;
  readonly workers: readonly WorkerReport[];
  /** All workers together, lately. */
  readonly recent: Recent;
  /** All workers together, those that are gone too, since the start. */
  readonly total: Total;
  readonly restarts: Readonly<Record<RestartReason, number>>;
  readonly lastRestart: RestartReport | undefined;
  /** The project's own metrics, of all workers together. */
  readonly project: readonly MetricFamily[];
}

export interface WorkerReport extends Gauges {
  readonly number: number;
  readonly pid: number;
  /** `blocked` where its heartbeat is overdue. */
  readonly state: WorkerState | 'blocked';
  readonly ageSeconds: number;
  readonly requests: number;
  readonly recent: Recent;
  /** A few of those in flight at the last heartbeat, the oldest first. */
  readonly oldestRequests: readonly RequestInFlight[];
}

/** Over the last five seconds or so. */
export interface Recent {
  readonly requestsPerSecond: number;
  /** The share of the time that the event loop was at work. */
  readonly busyRatio: number;
  /** The longest turn of the event loop; while it is blocked, for how long it is already. */
  readonly loopDelayMs: number;
  /** Half of the requests were not slower; undefined where there were none. */
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
}

export interface Total {
  readonly answers: Readonly<Record<(typeof STATUS_CLASSES)[number], number>>;
  readonly sentBytes: number;
  readonly requestSeconds: {
    readonly count: number;
    readonly sum: number;
    /** How many requests took up to so many seconds. */
    readonly buckets: readonly { readonly le: number; readonly count: number }[];
  };
}

export interface RestartReport {
  readonly worker: number;
  readonly reason: RestartReason;
  /** In words, `''` where the reason says it all. */
  readonly detail: string;
  readonly secondsAgo: number;
}

/** Why a worker was replaced. */
export type RestartReason =
  /** Its event loop, or its whole process, stood still for the timeout. */
  | 'blocked'
  /** It ended by itself, or was killed by somebody else. */
  | 'died'
  /** It could not start. */
  | 'failed'
  /** It reached max-requests, max-worker-memory or max-worker-lifetime. */
  | 'retired'
  /** HUP, USR2 or a changed source file. */
  | 'reload';

/** Of all workers together. */
export function sumOf(workers: readonly WorkerReport[], gauge: keyof Gauges): number {
  return sum(workers.map((worker) => worker[gauge]));
}
