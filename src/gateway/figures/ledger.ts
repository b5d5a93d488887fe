import type { WorkerState } from '../messages.ts';
import { version } from '../process.ts';
import { COARSE_BOUNDS_MS, countUpTo, quantileMs, sum } from './durations.ts';
import { Restarts } from './restarts.ts';
import type { Recent, Report, Total, WorkerReport } from './report.ts';
import { add, NOTHING, STATUS_CLASSES, type Counts, type WorkerFigures } from './worker-figures.ts';

/** Heartbeats come each second; what is told as recent is made of the last ones. */
const RECENT_HEARTBEATS = 5;
/** A worker whose heartbeat is later than this is blocked. */
const HEARTBEAT_DUE_MS = 2000;

/** What a report takes from the arbiter's view of a worker. */
interface ObservedWorker {
  readonly number: number;
  readonly pid: number | undefined;
  readonly state: WorkerState;
  readonly startedAtMs: number;
  /** Since its last message. */
  readonly silentMs: number;
}

interface Account {
  /** The last heartbeats, the newest first. */
  readonly heartbeats: readonly WorkerFigures[];
  readonly requests: number;
}

const NEW_ACCOUNT: Account = { heartbeats: [], requests: 0 };

/** What the arbiter knows of its workers by their heartbeats. Sums only grow, as they are of counts. */
export class Ledger {
  readonly restarts: Restarts = new Restarts();
  readonly #startedAtMs = performance.now();
  readonly #version = version();
  readonly #accounts = new WeakMap<ObservedWorker, Account>();
  #total: Counts = NOTHING;

  /** Books a heartbeat; the last one of a worker may come after its exit. */
  book(worker: ObservedWorker, figures: WorkerFigures): void {
    const { heartbeats, requests } = this.#accountOf(worker);
    this.#total = add(this.#total, figures);
    this.#accounts.set(worker, {
      heartbeats: [figures, ...heartbeats].slice(0, RECENT_HEARTBEATS),
      requests: requests + sum(figures.statuses),
    });
  }

  report(
    gateway: Pick<Report, 'applicationName' | 'addresses' | 'workersWanted'>,
    workers: readonly ObservedWorker[],
  ): Report {
    const reports = workers.map((worker) => this.#reportWorker(worker));
    return {
      version: this.#version,
      ...gateway,
      pid: process.pid,
      uptimeSeconds: (performance.now() - this.#startedAtMs) / 1000,
      workers: reports,
      recent: together(
        reports,
        workers.flatMap((worker) => this.#accountOf(worker).heartbeats),
      ),
      total: totalOf(this.#total),
      restarts: this.restarts.counts,
      lastRestart: this.restarts.last,
    };
  }

  #reportWorker(worker: ObservedWorker): WorkerReport {
    const { heartbeats, requests } = this.#accountOf(worker);
    const [last] = heartbeats;
    const { silentMs } = worker;
    const recent = recentOf(heartbeats);
    const isBlocked = worker.state !== 'starting' && silentMs > HEARTBEAT_DUE_MS;
    return {
      number: worker.number,
      pid: worker.pid ?? 0,
      state: isBlocked ? 'blocked' : worker.state,
      ageSeconds: (performance.now() - worker.startedAtMs) / 1000,
      requests,
      requestsInFlight: last?.requestsInFlight ?? 0,
      connections: last?.connections ?? 0,
      memoryBytes: last?.memoryBytes ?? 0,
      recent: isBlocked
        ? { ...recent, requestsPerSecond: 0, busyRatio: 1, loopDelayMs: silentMs }
        : recent,
    };
  }

  #accountOf(worker: ObservedWorker): Account {
    return this.#accounts.get(worker) ?? NEW_ACCOUNT;
  }
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
  const recents = workers.map(({ recent }) => recent);
  return {
    ...recentOf(heartbeats),
    requestsPerSecond: sum(recents.map(({ requestsPerSecond }) => requestsPerSecond)),
    busyRatio: sum(recents.map(({ busyRatio }) => busyRatio)) / Math.max(1, recents.length),
    loopDelayMs: Math.max(0, ...recents.map(({ loopDelayMs }) => loopDelayMs)),
  };
}

function totalOf({ statuses, sentBytes, durations, durationSumMs }: Counts): Total {
  return {
    answers: Object.fromEntries(
      STATUS_CLASSES.map((name, index) => [name, statuses[index] ?? 0]),
    ) as Total['answers'],
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
