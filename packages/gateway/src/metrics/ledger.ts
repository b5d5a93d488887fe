import type { WorkerProcess } from '../arbiter/worker-process.ts';
import { version } from '../process.ts';
import { COARSE_BOUNDS_MS, countUpTo, quantileMs, sum } from './durations.ts';
import { add, NOTHING, STATUS_CLASSES, type Counts, type WorkerMetrics } from './meter.ts';
import { ProjectLedger } from './project-metrics.ts';
import type {
  Recent,
  Report,
  RestartReason,
  RestartReport,
  Total,
  WorkerReport,
} from './report.ts';

/** Heartbeats come each second; what is told as recent is made of the last ones. */
const RECENT_HEARTBEATS = 5;
/** A worker whose heartbeat is later than this is blocked. */
const HEARTBEAT_DUE_MS = 2000;

/** What a report takes from the arbiter's view of a worker. */
type ObservedWorker = Pick<WorkerProcess, 'number' | 'pid' | 'state' | 'startedAtMs' | 'silentMs'>;

interface Account {
  /** The last heartbeats, the newest first. */
  readonly heartbeats: readonly WorkerMetrics[];
  readonly requests: number;
}

const NEW_ACCOUNT: Account = { heartbeats: [], requests: 0 };

/** What the arbiter knows of its workers by their heartbeats. Sums only grow, as they are of counts. */
export class Ledger {
  readonly restarts: Restarts = new Restarts();
  readonly #startedAtMs = performance.now();
  readonly #version = version();
  readonly #accounts = new WeakMap<ObservedWorker, Account>();
  readonly #project = new ProjectLedger<ObservedWorker>();
  #total: Counts = NOTHING;

  /** Books a heartbeat; the last one of a worker may come after its exit. */
  book(worker: ObservedWorker, metrics: WorkerMetrics): void {
    const { heartbeats, requests } = this.#accountOf(worker);
    this.#total = add(this.#total, metrics);
    if (metrics.project !== undefined) this.#project.book(worker, metrics.project);
    this.#accounts.set(worker, {
      heartbeats: [{ ...metrics, project: undefined }, ...heartbeats].slice(0, RECENT_HEARTBEATS),
      requests: requests + sum(metrics.statuses),
    });
  }

  report(
    gateway: Pick<Report, 'applicationName' | 'addresses' | 'workersWanted'>,
    observed: readonly ObservedWorker[],
  ): Report {
    const workers = observed.map((worker) => reportWorker(worker, this.#accountOf(worker)));
    const heartbeats = observed.flatMap((worker) => this.#accountOf(worker).heartbeats);
    return {
      version: this.#version,
      ...gateway,
      pid: process.pid,
      uptimeSeconds: secondsSince(this.#startedAtMs),
      workers,
      recent: together(workers, heartbeats),
      total: totalOf(this.#total),
      restarts: this.restarts.counts,
      lastRestart: this.restarts.last,
      project: this.#project.families(observed),
    };
  }

  #accountOf(worker: ObservedWorker): Account {
    return this.#accounts.get(worker) ?? NEW_ACCOUNT;
  }
}

/** The replaced workers of a gateway. */
export class Restarts {
  readonly counts: Record<RestartReason, number> = {
    blocked: 0,
    died: 0,
    failed: 0,
    retired: 0,
    reload: 0,
  };
  #last: (Omit<RestartReport, 'secondsAgo'> & { readonly atMs: number }) | undefined;

  count(worker: number, reason: RestartReason, detail = ''): void {
    this.counts[reason] += 1;
    this.#last = { worker, reason, detail: asLine(detail), atMs: performance.now() };
  }

  get last(): RestartReport | undefined {
    if (this.#last === undefined) return undefined;
    const { atMs, ...restart } = this.#last;
    return { ...restart, secondsAgo: secondsSince(atMs) };
  }
}

function reportWorker(worker: ObservedWorker, { heartbeats, requests }: Account): WorkerReport {
  const { number, pid = 0, state, startedAtMs, silentMs } = worker;
  const [last] = heartbeats;
  const recent = recentOf(heartbeats);
  const isBlocked = state !== 'starting' && silentMs > HEARTBEAT_DUE_MS;
  return {
    number,
    pid,
    state: isBlocked ? 'blocked' : state,
    ageSeconds: secondsSince(startedAtMs),
    requests,
    requestsInFlight: last?.requestsInFlight ?? 0,
    connections: last?.connections ?? 0,
    memoryBytes: last?.memoryBytes ?? 0,
    oldestRequests: last?.oldestRequests ?? [],
    recent: isBlocked
      ? { ...recent, requestsPerSecond: 0, busyRatio: 1, loopDelayMs: silentMs }
      : recent,
  };
}

function recentOf(heartbeats: readonly Counts[]): Recent {
  const counts = heartbeats.reduce(add, NOTHING);
  return {
    requestsPerSecond: counts.seconds > 0 ? sum(counts.statuses) / counts.seconds : 0,
    busyRatio: counts.seconds > 0 ? counts.busySeconds / counts.seconds : 0,
    loopDelayMs: counts.loopDelayMs,
    p50Ms: quantileMs(counts.durations, 0.5),
    p99Ms: quantileMs(counts.durations, 0.99),
  };
}

/** Rates add up; the busy share is the mean, the delay that of the slowest. */
function together(workers: readonly WorkerReport[], heartbeats: readonly Counts[]): Recent {
  return {
    ...recentOf(heartbeats),
    requestsPerSecond: sum(workers.map(({ recent }) => recent.requestsPerSecond)),
    busyRatio: sum(workers.map(({ recent }) => recent.busyRatio)) / Math.max(1, workers.length),
    loopDelayMs: Math.max(0, ...workers.map(({ recent }) => recent.loopDelayMs)),
  };
}

function totalOf({ statuses, sentBytes, durations, durationSumMs }: Counts): Total {
  const answers = STATUS_CLASSES.map((name, index) => [name, statuses[index] ?? 0]);
  return {
    answers: Object.fromEntries(answers) as Total['answers'],
    sentBytes,
    requestSeconds: {
      count: sum(durations),
      sum: durationSumMs / 1000,
      buckets: COARSE_BOUNDS_MS.map((boundMs) => ({
        le: boundMs / 1000,
        count: countUpTo(durations, boundMs),
      })),
    },
  };
}

/** An error's stack is left to the log; control characters would take effect in a terminal. */
function asLine(text: string): string {
  return text.replace(/\n[^]*/, '').replaceAll(/\p{Cc}/gu, ' ');
}

function secondsSince(thenMs: number): number {
  return (performance.now() - thenMs) / 1000;
}
