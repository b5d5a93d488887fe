import type { Config } from '../settings/catalogue.ts';
import type { Log } from '../log/log.ts';
import type { Listener } from '../messages.ts';
import { RespawnDelay } from './respawn-delay.ts';
import { WorkerProcess, type Generation, type WorkerEvents } from './worker-process.ts';

/** A blocked worker ends itself and says why; beyond this, its whole process is stuck. */
const SILENCE_MARGIN_SECONDS = 2;

/** A worker that ends so soon after it was ready will hardly do better next time. */
const SHORT_LIFE_MS = 500;

/** The worker processes: how many there should be, and bringing them to it. */
export class WorkerPool {
  readonly #listeners: readonly Listener[];
  readonly #log: Log;
  readonly #events: WorkerEvents;
  readonly #workers = new Set<WorkerProcess>();
  readonly #respawnDelay = new RespawnDelay();
  #current: Generation;
  /** The last one of which a worker became ready: what a reload that fails goes back to. */
  #proven: Generation;
  #generations = 1;
  #lastNumber = 0;

  constructor(config: Config, listeners: readonly Listener[], log: Log, events: WorkerEvents) {
    this.#current = { number: this.#generations, config, target: config.workers };
    this.#proven = this.#current;
    this.#listeners = listeners;
    this.#log = log;
    this.#events = events;
  }

  get config(): Config {
    return this.#current.config;
  }

  /** How many workers should serve. */
  get target(): number {
    return this.#current.target;
  }

  set target(workers: number) {
    this.#current.target = workers;
    this.#proven.target = workers;
  }

  get size(): number {
    return this.#workers.size;
  }

  get workers(): readonly WorkerProcess[] {
    return [...this.#workers];
  }

  /** From now on workers are of a new generation, with these settings; `balance` brings it in. */
  reload(config: Config): void {
    this.#generations += 1;
    const isKept = config.workers === this.config.workers && this.target > 0;
    const target = isKept ? this.target : config.workers;
    this.#current = { number: this.#generations, config, target };
    this.#respawnDelay.reset();
  }

  /** Goes back to before a reload whose first worker could not start; false where there is none. */
  giveUpReload(): boolean {
    const hasReload = this.#current !== this.#proven;
    this.#current = this.#proven;
    return hasReload;
  }

  /** It was started before the last reload. */
  isOlder({ generation }: WorkerProcess): boolean {
    return generation.number < this.#current.number;
  }

  markReady(worker: WorkerProcess): void {
    worker.markReady();
    this.#proven = worker.generation;
  }

  markFailed(worker: WorkerProcess): void {
    worker.state = 'draining';
    this.#respawnDelay.grow();
  }

  /** It ends unasked. It is replaced at once, unless it hardly served. */
  markDying(worker: WorkerProcess): void {
    if (worker.readyMs < SHORT_LIFE_MS) this.#respawnDelay.grow();
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

    const missing = this.target - fresh.length;
    const starting = fresh.filter(({ state }) => state === 'starting').length;
    const startable = outdated.length > 0 ? Math.min(missing, 1 - starting) : missing;
    for (let n = 0; n < startable && this.#respawnDelay.isOver(); n++) this.#start();

    // The canary of a reload that another one has overtaken.
    for (const worker of outdated) if (worker.state === 'starting') worker.drain();
    const ready = [...outdated, ...fresh].filter(({ state }) => state === 'ready');
    // Until a canary is ready, nobody knows that fewer will do.
    const needed = Math.max(this.#current.target, this.#isProven ? 0 : this.#proven.target);
    for (const worker of ready.slice(0, Math.max(0, ready.length - needed))) worker.drain();
  }

  /** Ends workers that have been silent, or finishing, for too long. */
  watch(nowMs: number): void {
    for (const worker of this.#workers) {
      const { timeout } = worker.generation.config;
      const silenceMs = timeout > 0 ? (timeout + SILENCE_MARGIN_SECONDS) * 1000 : Infinity;
      const what = worker.state === 'starting' ? 'is not ready in time' : 'is stuck';
      if (nowMs - worker.lastHeartbeatMs > silenceMs) this.#kill(worker, what);
      else if (nowMs > worker.endsByMs) this.#kill(worker, 'does not finish');
    }
  }

  get #isProven(): boolean {
    return this.#current === this.#proven;
  }

  #isOutdated(worker: WorkerProcess): boolean {
    return worker.isRetiring || worker.generation !== this.#current;
  }

  #start(): void {
    this.#lastNumber += 1;
    this.#events.start(this.#lastNumber);
    try {
      this.#workers.add(
        new WorkerProcess(this.#lastNumber, this.#current, this.#listeners, this.#events),
      );
    } catch (error) {
      this.#log.fatal({ err: error }, `worker ${this.#lastNumber} could not start`);
      this.#respawnDelay.grow();
    }
  }

  #kill(worker: WorkerProcess, why: string): void {
    this.#log.fatal(`worker ${worker.number} (pid ${worker.pid}) ${why}: killed`);
    worker.kill();
  }
}
