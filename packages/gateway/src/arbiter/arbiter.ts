import { isatty } from 'node:tty';
import { ExitCode, explain } from '../errors.ts';
import { openControlSocket } from '../metrics/control.ts';
import { serveMetrics } from '../metrics/prometheus.ts';
import { runHook, type ServerHooks } from '../hooks.ts';
import type { KeptLines, Log } from '../log/log.ts';
import { formatAddress } from '../settings/addresses.ts';
import type { Config } from '../settings/catalogue.ts';
import { changedInVain, type LoadedConfig } from '../settings/config.ts';
import { bindListeners, type BoundListener } from './listener.ts';
import { ServiceManager } from './service-manager.ts';
import { ENDING_SIGNALS, endGuard, SIGNALS, type ArbiterSignal } from './signals.ts';
import { watchSources } from './source-watcher.ts';
import { WorkerPool } from './worker-pool.ts';

const TICK_MS = 250;

/** What an arbiter is started with; `reload` reads the settings again. */
interface ArbiterOptions extends Pick<LoadedConfig, 'config' | 'hooks' | 'reload'> {
  readonly log: Log;
  /** What of it can be asked for. */
  readonly kept: KeptLines;
}

/**
 * Holds the listening sockets, and starts, watches, replaces and drains workers. Never touches a
 * request. Signals, messages and exits only queue; one loop acts on them.
 */
export class Arbiter {
  readonly #config: Config;
  readonly #readSettings: LoadedConfig['reload'];
  readonly #hooks: ServerHooks;
  readonly #log: Log;
  readonly #kept: KeptLines;
  readonly #listeners: BoundListener[] = [];
  readonly #pool: WorkerPool;
  readonly #serviceManager: ServiceManager;
  /** What is to be done about what happened, in the order of its coming. */
  readonly #events: (() => void)[] = [];
  #wake: (() => void) | undefined;
  #lastTickMs = performance.now();
  /** How often the settings were read: only the last reading counts. */
  #readings = 0;
  #isReading = false;
  #lastSignal: ArbiterSignal | undefined;
  #exitCode: number = ExitCode.ok;
  /** A successor needs the address more than these last requests are worth counting. */
  #closeMetrics: () => void = () => undefined;

  constructor({ config, hooks, log, kept, reload }: ArbiterOptions) {
    this.#config = config;
    this.#readSettings = reload;
    this.#hooks = hooks;
    this.#log = log;
    this.#serviceManager = new ServiceManager(log);
    this.#kept = kept;
    this.#pool = new WorkerPool({ config, hooks }, this.#listeners, log, {
      queue: (act) => this.#queue(act),
      cannotServe: (exitCode) => {
        this.#exitCode = exitCode;
        this.#stop('quit');
      },
    });
  }

  /**
   * Serves until a signal ends it, and gives the exit code.
   *
   * @throws {ConfigError} where an address cannot be bound.
   */
  async run(): Promise<number> {
    await this.#open();
    endGuard();
    this.#takeSignals([...ENDING_SIGNALS]);
    setInterval(() => this.#queue(() => this.#onTick()), TICK_MS);
    if (this.#config.reload) this.#watchSources();
    const place = `${this.#addresses.join(', ')} (pid ${process.pid})`;
    this.#log.info(`serving ${this.#config.applicationName} at ${place}`);
    void runHook(this.#log, this.#hooks, 'whenReady', this.#pool.view);
    while (!this.#pool.hasEnded) {
      this.#pool.balance();
      if (this.#pool.isProven && !this.#isReading) this.#serviceManager.ready();
      await this.#act();
    }
    for (const signal of ENDING_SIGNALS) process.on(signal, () => this.#leave(signal));
    await runHook(this.#log, this.#hooks, 'onExit', this.#pool.view);
    return this.#exitCode;
  }

  async #open(): Promise<void> {
    const { applicationName, controlSocket, metricsBind, workers } = this.#config;
    this.#takeSignals(SIGNALS.filter((signal) => !ENDING_SIGNALS.has(signal)));
    void runHook(this.#log, this.#hooks, 'nworkersChanged', this.#pool.view, workers, undefined);
    await this.#hooks.onStarting?.(this.#pool.view);
    this.#listeners.push(...(await bindListeners(this.#config, this.#log)));
    const report = () => this.#pool.report({ applicationName, addresses: this.#addresses });
    await openControlSocket(controlSocket, this.#log, {
      report,
      events: () => this.#kept.lines.join(''),
      inspect: (...request) => this.#pool.inspect(...request),
    });
    this.#closeMetrics = await serveMetrics(metricsBind, this.#log, report);
  }

  #takeSignals(signals: readonly ArbiterSignal[]): void {
    for (const signal of signals)
      process.on(signal, () => this.#queue(() => this.#onSignal(signal)));
  }

  #queue(act: () => void): void {
    this.#events.push(act);
    this.#wake?.();
  }

  /** Acts on the next event, once there is one. */
  async #act(): Promise<void> {
    while (this.#events.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#events.shift()?.();
  }

  #watchSources(): void {
    watchSources(this.#config.applicationName, this.#log, (file) => {
      this.#queue(() => {
        this.#log.info(`${file} changed: replacing the workers`);
        this.#pool.reload(this.#pool.config);
      });
    });
  }

  #onSignal(signal: ArbiterSignal): void {
    // Control-C reaches every process of a terminal, and each passes it on.
    if (this.#pool.isStopping && signal === this.#lastSignal) return;
    this.#lastSignal = signal;
    this.#log.info(`${signal} received`);
    if (this.#pool.isStopping && !ENDING_SIGNALS.has(signal)) return;
    switch (signal) {
      case 'SIGTERM':
        return this.#stop('drain');
      case 'SIGINT':
      case 'SIGQUIT':
        return this.#stop('quit');
      case 'SIGHUP':
        return this.#reload();
      case 'SIGUSR2':
        this.#log.warn(
          'an arbiter is not replaced in place, as its sockets would not survive: replacing the workers, as on HUP',
        );
        return this.#reload();
      case 'SIGUSR1':
        // Gunicorn opens its log files again; here are none.
        return;
      case 'SIGTTIN':
        return this.#pool.grow();
      case 'SIGTTOU':
        if (this.#pool.target > 1) return this.#pool.setTarget(this.#pool.target - 1);
        if (this.#pool.target === 1) this.#log.info('one worker is the least');
        return;
      case 'SIGWINCH':
        // A terminal sends it whenever its window changes.
        if (isatty(0) || isatty(2)) return;
        this.#log.info('the workers finish and stop; HUP starts workers again');
        return this.#pool.setTarget(0);
    }
  }

  /** Reads the settings. Whatever their file and the hook wait for, signals are heeded meanwhile. */
  #reload(): void {
    const reading = (this.#readings += 1);
    const isOvertaken = (): boolean => reading !== this.#readings;
    this.#isReading = true;
    this.#serviceManager.reloading();
    const read = async (): Promise<void> => {
      const config = await this.#readSettings();
      if (isOvertaken()) return;
      await runHook(this.#log, this.#hooks, 'onReload', { ...this.#pool.view, config });
      this.#queue(() => {
        if (!isOvertaken()) this.#replaceWorkers(config);
      });
    };
    read().catch((error: unknown) => {
      this.#queue(() => {
        this.#isReading &&= isOvertaken();
        this.#log.fatal(`reload given up: ${explain(error)}`);
      });
    });
  }

  #replaceWorkers(config: Config): void {
    this.#isReading = false;
    if (this.#pool.isStopping) return;
    const inVain = changedInVain(this.#config, config);
    if (inVain.length > 0) {
      this.#log.warn(`a change of ${inVain.join(', ')} reaches the arbiter only by a restart`);
    }
    this.#pool.reload(config);
  }

  #onTick(): void {
    const nowMs = performance.now();
    // After a stop of this very process the heartbeats of that time are still to be read.
    const wasStopped = nowMs - this.#lastTickMs > 4 * TICK_MS;
    this.#lastTickMs = nowMs;
    if (!wasStopped) this.#pool.watch();
  }

  #stop(how: 'drain' | 'quit'): void {
    this.#serviceManager.stopping();
    for (const listener of this.#listeners.splice(0)) listener.close();
    this.#closeMetrics();
    this.#pool.stop(how);
  }

  /** However long a hook may take. The same signal says nothing new: Control-C comes from all sides. */
  #leave(signal: NodeJS.Signals): void {
    if (signal !== this.#lastSignal) process.exit(this.#exitCode);
  }

  get #addresses(): string[] {
    return this.#listeners.map(({ address }) => formatAddress(address));
  }
}
