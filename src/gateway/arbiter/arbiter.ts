import { isatty } from 'node:tty';
import { AWAITS_FOR_EVER } from '../application.ts';
import type { Config } from '../settings/catalogue.ts';
import { ExitCode, explain } from '../errors.ts';
import { Ledger } from '../figures/ledger.ts';
import type { Report } from '../figures/report.ts';
import { serveFigures } from '../figures/serve-figures.ts';
import { runHook, type ArbiterView, type ServerHooks } from '../hooks.ts';
import type { Log } from '../log/log.ts';
import type { WorkerMessage } from '../messages.ts';
import { formatAddress } from '../settings/addresses.ts';
import { changedInVain } from '../settings/config.ts';
import { Chronicle } from './chronicle.ts';
import { EventQueue } from './event-queue.ts';
import { bindListeners, type BoundListener } from './listener.ts';
import { ENDING_SIGNALS, endGuard, SIGNALS, type ArbiterSignal } from './signals.ts';
import { watchSources } from './source-watcher.ts';
import { WorkerPool } from './worker-pool.ts';
import type { WorkerProcess } from './worker-process.ts';

const TICK_MS = 250;
/** What ends the whole process group reaches workers first, often: the arbiter waits for its own. */
const GROUP_SIGNAL_MS = 100;

type ArbiterEvent =
  | { readonly kind: 'signal'; readonly signal: ArbiterSignal }
  | { readonly kind: 'message'; readonly worker: WorkerProcess; readonly message: WorkerMessage }
  | { readonly kind: 'signalled'; readonly worker: WorkerProcess }
  | { readonly kind: 'exit'; readonly worker: WorkerProcess; readonly how: string }
  | { readonly kind: 'change'; readonly file: string }
  | { readonly kind: 'settings'; readonly reading: number; readonly config: Config }
  | { readonly kind: 'bad settings'; readonly error: unknown }
  | { readonly kind: 'tick' };

/** What an arbiter is started with; `reloadConfig` reads the settings again. */
interface ArbiterOptions {
  readonly config: Config;
  readonly hooks: ServerHooks;
  readonly log: Log;
  reloadConfig(): Promise<Config>;
}

/**
 * Holds the listening sockets, and starts, watches, replaces and drains workers. Never touches a
 * request. Signals, messages and exits only queue; one loop acts on them.
 */
export class Arbiter {
  readonly #options: ArbiterOptions;
  readonly #hooks: ServerHooks;
  readonly #log: Log;
  readonly #events = new EventQueue<ArbiterEvent>();
  readonly #ledger = new Ledger();
  readonly #chronicle: Chronicle;
  readonly #listeners: BoundListener[] = [];
  readonly #pool: WorkerPool;
  #lastTickMs = performance.now();
  /** How often the settings were read: only the last reading counts. */
  #readings = 0;
  #hasServed = false;
  #isStopping = false;
  #lastSignal: ArbiterSignal | undefined;
  #exitCode: number = ExitCode.ok;

  constructor(options: ArbiterOptions) {
    this.#options = options;
    this.#hooks = options.hooks;
    this.#log = options.log;
    this.#chronicle = new Chronicle(options.log, this.#ledger.restarts);
    this.#pool = new WorkerPool(options.config, this.#listeners, this.#log, {
      start: (number) => void runHook(this.#log, this.#hooks, 'preFork', this.#view, number),
      message: (worker, message) => this.#events.push({ kind: 'message', worker, message }),
      exit: (worker, how) => this.#events.push({ kind: 'exit', worker, how }),
    });
  }

  /**
   * Serves until a signal ends it, and gives the exit code.
   *
   * @throws {ConfigError} where an address cannot be bound.
   */
  async run(): Promise<number> {
    const { config } = this.#options;
    this.#queueSignals(SIGNALS.filter((signal) => !ENDING_SIGNALS.has(signal)));
    this.#tellTarget(undefined);
    await this.#hooks.onStarting?.(this.#view);
    this.#listeners.push(...(await bindListeners(config, this.#log)));
    await serveFigures(config, this.#log, () => this.#report());
    endGuard();
    this.#queueSignals([...ENDING_SIGNALS]);
    this.#queueEvents();
    const addresses = this.#listeners.map(({ address }) => formatAddress(address)).join(', ');
    this.#log.info(`serving ${config.applicationName} at ${addresses} (pid ${process.pid})`);
    void runHook(this.#log, this.#hooks, 'whenReady', this.#view);
    do {
      if (!this.#isStopping) this.#pool.balance();
      this.#handle(await this.#events.next());
    } while (!this.#isStopping || this.#pool.size > 0);
    for (const signal of ENDING_SIGNALS) process.on(signal, () => this.#leave(signal));
    await runHook(this.#log, this.#hooks, 'onExit', this.#view);
    return this.#exitCode;
  }

  #queueSignals(signals: readonly ArbiterSignal[]): void {
    for (const signal of signals) {
      process.on(signal, () => this.#events.push({ kind: 'signal', signal }));
    }
  }

  #queueEvents(): void {
    setInterval(() => this.#events.push({ kind: 'tick' }), TICK_MS);
    const { reload, applicationName } = this.#options.config;
    if (reload) {
      watchSources(applicationName, this.#log, (file) => {
        this.#events.push({ kind: 'change', file });
      });
    }
  }

  #handle(event: ArbiterEvent): void {
    switch (event.kind) {
      case 'signal':
        return this.#onSignal(event.signal);
      case 'message':
        return this.#onMessage(event.worker, event.message);
      case 'signalled':
        return this.#onSignalled(event.worker);
      case 'exit':
        return this.#onExit(event.worker, event.how);
      case 'change':
        this.#log.info(`${event.file} changed: replacing the workers`);
        return this.#pool.reload(this.#pool.config);
      case 'settings':
        return this.#reload(event.reading, event.config);
      case 'bad settings':
        this.#log.fatal(`reload given up: ${explain(event.error)}`);
        return;
      case 'tick':
        return this.#onTick();
    }
  }

  #onSignal(signal: ArbiterSignal): void {
    // Control-C reaches every process of a terminal, and each passes it on.
    if (this.#isStopping && signal === this.#lastSignal) return;
    this.#lastSignal = signal;
    this.#log.info(`${signal} received`);
    if (this.#isStopping && !ENDING_SIGNALS.has(signal)) return;
    switch (signal) {
      case 'SIGTERM':
        return this.#stop((worker) => worker.drain());
      case 'SIGINT':
      case 'SIGQUIT':
        return this.#stop((worker) => worker.quit());
      case 'SIGHUP':
        return this.#readSettings();
      case 'SIGUSR2':
        this.#log.warn(
          'an arbiter is not replaced in place, as its sockets would not survive: replacing the workers, as on HUP',
        );
        return this.#readSettings();
      case 'SIGUSR1':
        // Gunicorn opens its log files again; here are none.
        return;
      case 'SIGTTIN':
        return this.#setTarget(this.#pool.target + 1);
      case 'SIGTTOU':
        if (this.#pool.target > 1) return this.#setTarget(this.#pool.target - 1);
        if (this.#pool.target === 1) this.#log.info('one worker is the least');
        return;
      case 'SIGWINCH':
        // A terminal sends it whenever its window changes.
        if (isatty(0) || isatty(2)) return;
        this.#log.info('the workers finish and stop; HUP starts workers again');
        return this.#setTarget(0);
    }
  }

  /** Whatever the settings file waits for, signals are heeded meanwhile. */
  #readSettings(): void {
    const reading = (this.#readings += 1);
    this.#options.reloadConfig().then(
      (config) => this.#announceReload(reading, config),
      (error: unknown) => this.#events.push({ kind: 'bad settings', error }),
    );
  }

  async #announceReload(reading: number, config: Config): Promise<void> {
    if (reading !== this.#readings) return;
    await runHook(this.#log, this.#hooks, 'onReload', { ...this.#view, config });
    this.#events.push({ kind: 'settings', reading, config });
  }

  /** Replaces the workers; a canary that cannot start leaves everything as it was. */
  #reload(reading: number, config: Config): void {
    if (this.#isStopping || reading !== this.#readings) return;
    const inVain = changedInVain(this.#options.config, config);
    if (inVain.length > 0) {
      this.#log.warn(`a change of ${inVain.join(', ')} reaches the arbiter only by a restart`);
    }
    this.#changeTarget(() => this.#pool.reload(config));
  }

  #setTarget(workers: number): void {
    this.#changeTarget(() => (this.#pool.target = workers));
  }

  #changeTarget(change: () => void): void {
    const before = this.#pool.target;
    change();
    if (this.#pool.target !== before) this.#tellTarget(before);
  }

  #tellTarget(before: number | undefined): void {
    const { target } = this.#pool;
    void runHook(this.#log, this.#hooks, 'nworkersChanged', this.#view, target, before);
  }

  /** However long a hook may take. The same signal says nothing new: Control-C comes from all sides. */
  #leave(signal: NodeJS.Signals): void {
    if (signal !== this.#lastSignal) process.exit(this.#exitCode);
  }

  #onMessage(worker: WorkerProcess, message: WorkerMessage): void {
    worker.lastHeartbeatMs = performance.now();
    switch (message.kind) {
      case 'ready':
        return this.#onReady(worker);
      case 'failed':
        return this.#onFailedStart(worker, message.reason, message.exitCode);
      case 'leaving':
        return this.#onLeaving(worker, message.reason);
      case 'signalled':
        worker.signalledBy = message.signal;
        setTimeout(() => this.#events.push({ kind: 'signalled', worker }), GROUP_SIGNAL_MS);
        return;
      case 'retire':
        worker.isRetiring = true;
        return this.#chronicle.due(worker, message.reason);
      case 'heartbeat':
        return this.#ledger.book(worker, message.figures);
    }
  }

  #onReady(worker: WorkerProcess): void {
    if (worker.state !== 'starting') return;
    this.#pool.markReady(worker);
    this.#hasServed = true;
    this.#chronicle.ready(worker);
  }

  /** Not asked to by the arbiter; another one starts while it finishes. */
  #onLeaving(worker: WorkerProcess, reason: string): void {
    if (worker.state !== 'ready') return;
    this.#pool.markDying(worker);
    worker.markLeaving();
    this.#chronicle.leaves(worker, reason);
  }

  /** Somebody else ends this worker, unless the signal was for all. */
  #onSignalled(worker: WorkerProcess): void {
    if (worker.signalledBy !== undefined) this.#onLeaving(worker, worker.signalledBy);
  }

  #onExit(worker: WorkerProcess, how: string): void {
    this.#onSignalled(worker);
    this.#pool.remove(worker);
    const identity = { number: worker.number, pid: worker.pid ?? 0 };
    void runHook(this.#log, this.#hooks, 'childExit', this.#view, identity);
    switch (worker.state) {
      case 'starting':
        return this.#onFailedStart(worker, explainEarlyExit(worker, how), ExitCode.application);
      case 'ready':
        this.#pool.markDying(worker);
        return this.#chronicle.died(worker, how);
      case 'draining': {
        const madeWay = this.#pool.isOlder(worker) && !worker.isRetiring;
        return this.#chronicle.exited(worker, how, { madeWay });
      }
    }
  }

  /** Told once for each worker: by its message, or by its exit where it could not send one. */
  #onFailedStart(worker: WorkerProcess, reason: string, exitCode: number): void {
    if (worker.state !== 'starting') return;
    this.#pool.markFailed(worker);
    if (this.#isStopping) return;
    this.#chronicle.couldNotStart(worker, reason);
    if (!this.#hasServed) {
      this.#exitCode = exitCode;
      this.#stop((other) => other.quit());
    } else {
      this.#changeTarget(() => this.#giveUpReload());
    }
  }

  #giveUpReload(): void {
    if (!this.#pool.giveUpReload()) return;
    this.#log.error('reload given up: workers and settings from before stay');
  }

  #onTick(): void {
    const nowMs = performance.now();
    // After a stop of this very process the heartbeats of that time are still in the queue.
    const wasStopped = nowMs - this.#lastTickMs > 4 * TICK_MS;
    this.#lastTickMs = nowMs;
    if (wasStopped) return;
    this.#pool.watch(nowMs);
    for (const worker of this.#pool.workers) {
      if (worker.channelLostMs > TICK_MS) this.#onLeaving(worker, 'its channel was closed');
    }
  }

  #stop(end: (worker: WorkerProcess) => void): void {
    this.#isStopping = true;
    for (const listener of this.#listeners.splice(0)) listener.close();
    for (const worker of this.#pool.workers) end(worker);
  }

  #report(): Report {
    const gateway = {
      applicationName: this.#options.config.applicationName,
      addresses: this.#listeners.map(({ address }) => formatAddress(address)),
      workersWanted: this.#pool.target,
    };
    return this.#ledger.report(gateway, this.#pool.workers);
  }

  get #view(): ArbiterView {
    return { pid: process.pid, config: this.#pool.config, log: this.#log };
  }
}

function explainEarlyExit({ signalledBy }: WorkerProcess, how: string): string {
  if (signalledBy !== undefined) return signalledBy;
  const isIdle = how === 'exit code 0';
  return isIdle ? `${how}: the application ${AWAITS_FOR_EVER}` : how;
}
