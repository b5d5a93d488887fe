import { formatAddress } from '../settings/address.ts';
import type { Config } from '../config.ts';
import { EventQueue } from './event-queue.ts';
import { ExitCode } from '../failure.ts';
import { bindListener, type BoundListener } from './listener.ts';
import type { Log } from '../log/log.ts';
import type { WorkerMessage } from '../messages.ts';
import { RespawnDelay } from './respawn-delay.ts';
import { WorkerProcess } from './worker-process.ts';

const TICK_MS = 250;
/** A blocked worker ends itself and says why; beyond this, its whole process is stuck. */
const SILENCE_MARGIN_SECONDS = 2;
/** What a worker gets beyond its own graceful timeout, before it is killed. */
const KILL_MARGIN_MS = 1000;

type ArbiterSignal = 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGHUP' | 'SIGTTIN' | 'SIGTTOU';

type ArbiterEvent =
  | { readonly kind: 'signal'; readonly signal: ArbiterSignal }
  | { readonly kind: 'message'; readonly worker: WorkerProcess; readonly message: WorkerMessage }
  | { readonly kind: 'exit'; readonly worker: WorkerProcess; readonly how: string }
  | { readonly kind: 'tick' };

/**
 * Holds the listening sockets, and starts, watches, replaces and drains workers. Never touches a
 * request. Signals, messages and exits only queue; one loop acts on them.
 */
export class Arbiter {
  readonly #config: Config;
  readonly #log: Log;
  readonly #events = new EventQueue<ArbiterEvent>();
  readonly #workers = new Set<WorkerProcess>();
  readonly #respawnDelay = new RespawnDelay();
  #listeners: BoundListener[] = [];
  #target: number;
  #generation = 1;
  #lastNumber = 0;
  #lastTickMs = performance.now();
  #hasServed = false;
  #isStopping = false;
  #exitCode: number = ExitCode.ok;

  constructor(config: Config, log: Log) {
    this.#config = config;
    this.#log = log;
    this.#target = config.workers;
  }

  /**
   * Serves until a signal ends it, and gives the exit code.
   *
   * @throws {ConfigError} where an address cannot be bound.
   */
  async run(): Promise<number> {
    this.#queueSignals();
    for (const address of this.#config.bind) {
      this.#listeners.push(await bindListener(address, this.#log));
    }
    const addresses = this.#listeners.map(({ address }) => formatAddress(address)).join(', ');
    this.#log.info(`serving ${this.#config.applicationName} at ${addresses} (pid ${process.pid})`);
    const ticker = setInterval(() => this.#events.push({ kind: 'tick' }), TICK_MS);
    do {
      this.#balance();
      this.#handle(await this.#events.next());
    } while (!this.#isStopping || this.#workers.size > 0);
    clearInterval(ticker);
    return this.#exitCode;
  }

  #queueSignals(): void {
    for (const signal of SIGNALS) {
      process.on(signal, () => this.#events.push({ kind: 'signal', signal }));
    }
  }

  #handle(event: ArbiterEvent): void {
    switch (event.kind) {
      case 'signal':
        return this.#onSignal(event.signal);
      case 'message':
        return this.#onMessage(event.worker, event.message);
      case 'exit':
        return this.#onExit(event.worker, event.how);
      case 'tick':
        return this.#onTick();
    }
  }

  #onSignal(signal: ArbiterSignal): void {
    this.#log.info(`${signal} received`);
    switch (signal) {
      case 'SIGTERM':
        return this.#stop((worker) => worker.drain());
      case 'SIGINT':
      case 'SIGQUIT':
        return this.#stop((worker) => worker.quit());
      case 'SIGHUP':
        this.#generation += 1;
        return;
      case 'SIGTTIN':
        this.#target += 1;
        return;
      case 'SIGTTOU':
        this.#target = Math.max(1, this.#target - 1);
        return;
    }
  }

  #onMessage(worker: WorkerProcess, message: WorkerMessage): void {
    worker.lastHeartbeatMs = performance.now();
    if (message.kind === 'failed') this.#onFailedStart(worker, message.reason, message.exitCode);
    if (message.kind !== 'ready' || worker.state !== 'starting') return;
    worker.state = 'ready';
    this.#hasServed = true;
    this.#respawnDelay.reset();
    const bootMs = Math.round(performance.now() - worker.startedAtMs);
    this.#log.info(`worker ${worker.number} is ready (pid ${worker.pid}, ${bootMs} ms)`);
  }

  #onExit(worker: WorkerProcess, how: string): void {
    this.#workers.delete(worker);
    if (worker.state === 'starting') this.#onFailedStart(worker, how, ExitCode.application);
    else if (worker.state === 'ready') this.#log.error(`worker ${worker.number} died: ${how}`);
    else this.#log.info(`worker ${worker.number} has exited: ${how}`);
  }

  /** Told once for each worker: by its message, or by its exit where it could not send one. */
  #onFailedStart(worker: WorkerProcess, reason: string, exitCode: number): void {
    worker.state = 'draining';
    if (this.#isStopping) return;
    this.#log.fatal(`worker ${worker.number} could not start: ${reason}`);
    if (!this.#hasServed) {
      this.#exitCode = exitCode;
      this.#stop((other) => other.quit());
    } else if (this.#hasOlderGeneration()) {
      this.#generation -= 1;
      this.#log.error('reload given up: the workers from before go on serving');
    } else {
      this.#respawnDelay.grow();
    }
  }

  #onTick(): void {
    const nowMs = performance.now();
    // After a stop of this very process the heartbeats of that time are still in the queue.
    const wasStopped = nowMs - this.#lastTickMs > 4 * TICK_MS;
    this.#lastTickMs = nowMs;
    if (!wasStopped) for (const worker of this.#workers) this.#watch(worker, nowMs);
  }

  #watch(worker: WorkerProcess, nowMs: number): void {
    const { timeout, gracefulTimeout } = this.#config;
    const silentSeconds = (nowMs - worker.lastHeartbeatMs) / 1000;
    if (timeout > 0 && silentSeconds > timeout + SILENCE_MARGIN_SECONDS) {
      this.#log.fatal(`worker ${worker.number} (pid ${worker.pid}) is stuck: killed`);
      worker.kill();
    } else if (nowMs - worker.drainingSinceMs > gracefulTimeout * 1000 + KILL_MARGIN_MS) {
      this.#log.error(`worker ${worker.number} (pid ${worker.pid}) does not finish: killed`);
      worker.kill();
    }
  }

  /**
   * Brings the workers to what they should be. After a reload the first new worker is a canary: the
   * old ones go, one for each new one, only once it is ready.
   */
  #balance(): void {
    if (this.#isStopping) return;
    const serving = [...this.#workers].filter(({ state }) => state !== 'draining');
    const fresh = serving.filter(({ generation }) => generation === this.#generation);
    const old = serving.filter(({ generation }) => generation !== this.#generation);
    const starting = fresh.filter(({ state }) => state === 'starting').length;

    const startable = old.length > 0 ? 1 - starting : this.#target - fresh.length;
    if (!this.#respawnDelay.isOver()) return;
    for (let count = Math.min(startable, this.#target - fresh.length); count > 0; count--) {
      this.#startWorker();
    }

    const surplus = serving.length - starting - this.#target;
    for (const worker of [...old, ...fresh].slice(0, Math.max(0, surplus))) worker.drain();
  }

  #startWorker(): void {
    this.#lastNumber += 1;
    const start = {
      number: this.#lastNumber,
      config: this.#config,
      listeners: this.#listeners.map(({ fd, address }) => ({ fd, address })),
    };
    const worker = new WorkerProcess(start, this.#generation, {
      message: (from, message) => this.#events.push({ kind: 'message', worker: from, message }),
      exit: (from, code, signal) =>
        this.#events.push({ kind: 'exit', worker: from, how: signal ?? `exit code ${code}` }),
    });
    this.#workers.add(worker);
  }

  #stop(end: (worker: WorkerProcess) => void): void {
    this.#isStopping = true;
    for (const listener of this.#listeners.splice(0)) listener.close();
    for (const worker of this.#workers) end(worker);
  }

  #hasOlderGeneration(): boolean {
    return [...this.#workers].some(
      ({ state, generation }) => state === 'ready' && generation < this.#generation,
    );
  }
}

const SIGNALS: readonly ArbiterSignal[] = [
  'SIGTERM',
  'SIGINT',
  'SIGQUIT',
  'SIGHUP',
  'SIGTTIN',
  'SIGTTOU',
];
