import type { Config } from '../config.ts';
import type { Log } from '../log/log.ts';
import type { Listener } from '../messages.ts';
import { RespawnDelay } from './respawn-delay.ts';
import { WorkerProcess, type WorkerEvents } from './worker-process.ts';

/** A blocked worker ends itself and says why; beyond this, its whole process is stuck. */
const SILENCE_MARGIN_SECONDS = 2;
/** What a worker gets beyond its own graceful timeout, before it is killed. */
const KILL_MARGIN_MS = 1000;

/** The worker processes: how many there should be, and bringing them to it. */
export class WorkerPool {
  /** How many workers should serve. */
  target: number;
  config: Config;
  readonly #listeners: readonly Listener[];
  readonly #log: Log;
  readonly #events: WorkerEvents;
  readonly #workers = new Set<WorkerProcess>();
  readonly #respawnDelay = new RespawnDelay();
  #generation = 1;
  #lastNumber = 0;

  constructor(config: Config, listeners: readonly Listener[], log: Log, events: WorkerEvents) {
    this.config = config;
    this.target = config.workers;
    this.#listeners = listeners;
    this.#log = log;
    this.#events = events;
  }

  get size(): number {
    return this.#workers.size;
  }

  get workers(): readonly WorkerProcess[] {
    return [...this.#workers];
  }

  /** From now on workers are of a new generation; `balance` brings it in. */
  reload(): void {
    this.#generation += 1;
  }

  /** Ends a reload whose first worker could not start; false where there is none to end. */
  giveUpReload(): boolean {
    const hasOlder = this.workers.some(
      (worker) => worker.state === 'ready' && this.isOlder(worker),
    );
    if (hasOlder) this.#generation -= 1;
    return hasOlder;
  }

  /** It was started before the last reload. */
  isOlder({ generation }: WorkerProcess): boolean {
    return generation < this.#generation;
  }

  markReady(worker: WorkerProcess): void {
    worker.state = 'ready';
    this.#respawnDelay.reset();
  }

  markFailed(worker: WorkerProcess): void {
    worker.state = 'draining';
    this.#respawnDelay.grow();
  }

  remove(worker: WorkerProcess): void {
    this.#workers.delete(worker);
  }

  /**
   * Brings the workers to what they should be. Those of an older generation, and those that are due to
   * retire, go one by one, each only once a new one is ready; so the first new one is a canary.
   */
  balance(): void {
    const serving = this.workers.filter(({ state }) => state !== 'draining');
    const outdated = serving.filter((worker) => this.#isOutdated(worker));
    const fresh = serving.filter((worker) => !this.#isOutdated(worker));
    const starting = fresh.filter(({ state }) => state === 'starting').length;

    const missing = this.target - fresh.length;
    const startable = outdated.length > 0 ? Math.min(missing, 1 - starting) : missing;
    if (this.#respawnDelay.isOver()) for (let n = 0; n < startable; n++) this.#start();

    const surplus = serving.length - starting - this.target;
    for (const worker of [...outdated, ...fresh].slice(0, Math.max(0, surplus))) worker.drain();
  }

  /** Ends workers that have been silent, or finishing, for too long. */
  watch(nowMs: number): void {
    const { timeout, gracefulTimeout } = this.config;
    const silenceMs = timeout > 0 ? (timeout + SILENCE_MARGIN_SECONDS) * 1000 : Infinity;
    const drainMs = gracefulTimeout * 1000 + KILL_MARGIN_MS;
    for (const worker of this.#workers) {
      if (nowMs - worker.lastHeartbeatMs > silenceMs) this.#kill(worker, 'is stuck');
      else if (nowMs - worker.drainingSinceMs > drainMs) this.#kill(worker, 'does not finish');
    }
  }

  #isOutdated(worker: WorkerProcess): boolean {
    return worker.isRetiring || worker.generation !== this.#generation;
  }

  #start(): void {
    this.#lastNumber += 1;
    this.#events.start(this.#lastNumber);
    const message = { number: this.#lastNumber, config: this.config, listeners: this.#listeners };
    this.#workers.add(new WorkerProcess(message, this.#generation, this.#events));
  }

  #kill(worker: WorkerProcess, why: string): void {
    this.#log.fatal(`worker ${worker.number} (pid ${worker.pid}) ${why}: killed`);
    worker.kill();
  }
}
