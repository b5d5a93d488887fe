import type { Restarts } from '../metrics/ledger.ts';
import type { Log } from '../log/log.ts';
import type { Retirement } from '../worker/retirement.ts';
import type { Cut, WorkerProcess } from './worker-process.ts';

/** What becomes of workers: tells it in the log, and counts it for the metrics. */
export class WorkerLog {
  readonly #log: Log;
  readonly #restarts: Restarts;

  constructor(log: Log, restarts: Restarts) {
    this.#log = log;
    this.#restarts = restarts;
  }

  ready({ number, pid, startedAtMs }: WorkerProcess): void {
    const bootMs = Math.round(performance.now() - startedAtMs);
    this.#log.info(`worker ${number} is ready (pid ${pid}, ${bootMs} ms)`);
  }

  couldNotStart({ number }: WorkerProcess, reason: string): void {
    this.#restarts.count(number, 'failed', reason);
    this.#log.fatal(`worker ${number} could not start: ${reason}`);
  }

  due({ number }: WorkerProcess, { reason, isFault, remedy }: Retirement): void {
    this.#restarts.count(number, 'retired', reason);
    const what = `worker ${number} is due to be replaced: ${reason}`;
    if (remedy !== undefined) this.#log.warn(`${what}; ${remedy}`);
    else this.#log[isFault ? 'warn' : 'info'](what);
  }

  /** It finishes its requests, or none, though the arbiter did not ask it to. */
  leaves({ number }: WorkerProcess, reason: string): void {
    this.#restarts.count(number, 'died', reason);
    this.#log.error(`worker ${number} leaves: ${reason}`);
  }

  died(worker: WorkerProcess, how: string): void {
    const { number, silentMs, generation } = worker;
    const { timeout } = generation.config;
    const isBlocked = timeout > 0 && silentMs >= timeout * 1000;
    if (isBlocked) this.#restarts.count(number, 'blocked', `over ${timeout} s`);
    else this.#restarts.count(number, 'died', how);
    this.#log.error(cutBy(worker), `worker ${number} died: ${how}${lossOf(worker)}`);
  }

  /** As it should. */
  exited(worker: WorkerProcess, how: string, { madeWay }: { madeWay: boolean }): void {
    const { number, cut } = worker;
    if (madeWay) this.#restarts.count(number, 'reload');
    const what = `worker ${number} has exited: ${how}`;
    if (cut.count === 0) this.#log.info(what);
    else this.#log.warn(cutBy(worker), what + lossOf(worker));
  }

  killed({ number, pid }: WorkerProcess, why: string): void {
    this.#log.fatal(`worker ${number} (pid ${pid}) ${why}: killed`);
  }
}

/** For the fields of a line. */
function cutBy({ cut: { count, requests } }: WorkerProcess): { requests?: Cut['requests'] } {
  return count === 0 ? {} : { requests };
}

/** What is known of the requests that a worker took with it. */
function lossOf({ cut: { count, requests } }: WorkerProcess): string {
  if (requests === undefined) return `; requests in flight at its last heartbeat: ${count}`;
  return count === 0 ? '' : `; requests that it cut: ${count}`;
}
