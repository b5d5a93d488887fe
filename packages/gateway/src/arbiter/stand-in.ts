import { extname, join } from 'node:path';
import type { Log } from '../log/log.ts';
import type { Listener, WorkerMessage } from '../messages.ts';
import type { Ledger } from '../metrics/ledger.ts';
import type { Config } from '../settings/catalogue.ts';
import { WorkerProcess } from './worker-process.ts';

const APPLICATION_FILE = join(
  import.meta.dirname,
  `../worker/unavailable${extname(import.meta.filename)}`,
);
/** A worker that replaces one is mostly ready sooner, and then no client has noticed. */
const PATIENCE_MS = 1250;
/** Before the first worker the system refuses connections, and a proxy asks another replica, if there is one. */
const FIRST_PATIENCE_MS = 5000;
/** Its responses close their connections: only what clients opened and do not use is left. */
const GRACEFUL_SECONDS = 5;

/**
 * While no worker is ready, a process answers each request 503, so that no client waits in the backlog. It
 * serves as workers do, but counts as none, and loads neither the application nor the hooks.
 */
export class StandIn {
  readonly #listeners: readonly Listener[];
  readonly #log: Log;
  readonly #ledger: Ledger;
  readonly #queue: (act: () => void) => void;
  /** One, and those that finish. */
  readonly #processes = new Set<WorkerProcess>();
  #servedAtMs = performance.now();
  #hasServed = false;

  constructor(
    listeners: readonly Listener[],
    log: Log,
    ledger: Ledger,
    queue: (act: () => void) => void,
  ) {
    this.#listeners = listeners;
    this.#log = log;
    this.#ledger = ledger;
    this.#queue = queue;
  }

  get isGone(): boolean {
    return this.#processes.size === 0;
  }

  get isDeaf(): boolean {
    return [...this.#processes].some(({ isDeaf }) => isDeaf);
  }

  /** Comes where no worker has been ready for a while, and goes when one is; to be called often. */
  balance(hasWorker: boolean, config: Config): void {
    const current = this.#current;
    if (hasWorker) {
      this.#servedAtMs = performance.now();
      this.#hasServed = true;
      if (current?.state === 'ready') this.#log.info('a worker serves: no more 503');
      current?.drain();
    } else if (current === undefined) {
      const patienceMs = this.#hasServed ? PATIENCE_MS : FIRST_PATIENCE_MS;
      if (performance.now() - this.#servedAtMs > patienceMs) this.#start(config);
    }
  }

  stop(how: 'drain' | 'quit'): void {
    for (const one of this.#processes) one[how]();
  }

  watch(): void {
    for (const one of this.#processes) if (one.overdue !== undefined) one.kill();
  }

  get #current(): WorkerProcess | undefined {
    return [...this.#processes].find(({ state }) => state !== 'draining');
  }

  #start(config: Config): void {
    const generation = { number: 0, config: ownConfig(config), target: 1 };
    try {
      const standIn = new WorkerProcess(0, generation, this.#listeners, {
        message: (_, message) => this.#queue(() => this.#onMessage(standIn, message)),
        exit: (_, how) => this.#queue(() => this.#onExit(standIn, how)),
      });
      this.#processes.add(standIn);
    } catch (error) {
      this.#log.error({ err: error }, 'no worker serves, and requests wait');
      this.#servedAtMs = performance.now();
    }
  }

  #onMessage(standIn: WorkerProcess, message: WorkerMessage): void {
    switch (message.kind) {
      case 'ready':
        standIn.markReady();
        if (standIn.state !== 'ready') return;
        // A start may take its time.
        this.#log[this.#hasServed ? 'warn' : 'info']('no worker serves: each request gets 503');
        return;
      case 'heartbeat':
        return this.#ledger.book(standIn, message.metrics);
      case 'leaving':
      case 'signalled':
      case 'failed':
        return standIn.markLeaving();
      case 'retire':
      case 'handover':
      case 'standstill':
      case 'exiting':
        return;
    }
  }

  #onExit(standIn: WorkerProcess, how: string): void {
    this.#processes.delete(standIn);
    if (standIn.state === 'draining') return;
    this.#log.error(`what answers 503 while no worker serves died: ${how}`);
    this.#servedAtMs = performance.now();
  }
}

/** Nothing of the application's, and no connection for a second request, which a worker could answer. */
function ownConfig(config: Config): Config {
  return {
    ...config,
    applicationName: APPLICATION_FILE,
    procName: config.procName || config.applicationName,
    configFile: undefined,
    keepalive: 0,
    gracefulTimeout: GRACEFUL_SECONDS,
    maxRequests: 0,
    maxWorkerMemory: 0,
    maxWorkerLifetime: 0,
  };
}
