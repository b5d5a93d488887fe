import { isatty } from 'node:tty';
import { ExitCode, explain } from '../errors.ts';
import { openControlSocket } from '../metrics/control.ts';
import { serveMetrics } from '../metrics/prometheus.ts';
import { runHook, type ArbiterView, type ServerHooks } from '../hooks.ts';
import type { Log } from '../log/log.ts';
import { formatAddress } from '../settings/addresses.ts';
import type { Config } from '../settings/catalogue.ts';
import { changedInVain, type LoadedConfig } from '../settings/config.ts';
import { bindListeners, type BoundListener } from './listener.ts';
import { ENDING_SIGNALS, endGuard, SIGNALS, type ArbiterSignal } from './signals.ts';
import { watchSources } from './source-watcher.ts';
import { WorkerPool } from './worker-pool.ts';

const TICK_MS = 250;

/** What an arbiter is started with; `reload` reads the settings again. */
interface ArbiterOptions extends Pick<LoadedConfig, 'config' | 'hooks' | 'reload'> {
  readonly log: Log;
}

/**
 * Serves until a signal ends it, and gives the exit code.
 *
 * @throws {ConfigError} where an address cannot be bound.
 */
export async function runArbiter(options: ArbiterOptions): Promise<number> {
  const { config, hooks, log } = options;
  const events = new EventQueue();
  events.takeSignals(SIGNALS.filter((signal) => !ENDING_SIGNALS.has(signal)));
  const view: ArbiterView = { pid: process.pid, config, log };
  void runHook(log, hooks, 'nworkersChanged', view, config.workers, undefined);
  await hooks.onStarting?.(view);
  const listeners = await bindListeners(config, log);
  return new Arbiter(options, listeners, events).run();
}

/**
 * Holds the listening sockets, and starts, watches, replaces and drains workers. Never touches a
 * request. Signals, messages and exits only queue; one loop acts on them.
 */
class Arbiter {
  readonly #config: Config;
  readonly #readSettings: LoadedConfig['reload'];
  readonly #hooks: ServerHooks;
  readonly #log: Log;
  readonly #listeners: BoundListener[];
  readonly #events: EventQueue;
  readonly #pool: WorkerPool;
  #lastTickMs = performance.now();
  /** How often the settings were read: only the last reading counts. */
  #readings = 0;
  #lastSignal: ArbiterSignal | undefined;
  #exitCode: number = ExitCode.ok;

  constructor(
    { config, hooks, log, reload }: ArbiterOptions,
    listeners: BoundListener[],
    events: EventQueue,
  ) {
    this.#config = config;
    this.#readSettings = reload;
    this.#hooks = hooks;
    this.#log = log;
    this.#listeners = listeners;
    this.#events = events;
    this.#pool = new WorkerPool(config, listeners, log, {
      queue: (act) => events.push(act),
      starting: (number) => void runHook(log, hooks, 'preFork', this.#view, number),
      exited: ({ number, pid = 0 }) =>
        void runHook(log, hooks, 'childExit', this.#view, { number, pid }),
      retargeted: (before) =>
        void runHook(log, hooks, 'nworkersChanged', this.#view, this.#pool.target, before),
      cannotServe: (exitCode) => {
        this.#exitCode = exitCode;
        this.#stop('quit');
      },
    });
  }

  async run(): Promise<number> {
    const { applicationName, controlSocket, metricsBind, reload } = this.#config;
    const report = () => this.#pool.report({ applicationName, addresses: this.#addresses });
    await openControlSocket(controlSocket, this.#log, report);
    await serveMetrics(metricsBind, this.#log, report);
    endGuard();
    this.#events.takeSignals([...ENDING_SIGNALS]);
    setInterval(() => this.#events.push(() => this.#onTick()), TICK_MS);
    if (reload) this.#watchSources();
    this.#log.info(
      `serving ${applicationName} at ${this.#addresses.join(', ')} (pid ${process.pid})`,
    );
    void runHook(this.#log, this.#hooks, 'whenReady', this.#view);
    while (!this.#pool.hasEnded) {
      this.#pool.balance();
      this.#act(await this.#events.next());
    }
    for (const signal of ENDING_SIGNALS) process.on(signal, () => this.#leave(signal));
    await runHook(this.#log, this.#hooks, 'onExit', this.#view);
    return this.#exitCode;
  }

  #watchSources(): void {
    watchSources(this.#config.applicationName, this.#log, (file) => {
      this.#events.push(() => {
        this.#log.info(`${file} changed: replacing the workers`);
        this.#pool.reload(this.#pool.config);
      });
    });
  }

  #act(event: ArbiterEvent): void {
    if (typeof event === 'string') this.#onSignal(event);
    else event();
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
        return this.#pool.setTarget(this.#pool.target + 1);
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
    const read = async (): Promise<void> => {
      const config = await this.#readSettings();
      if (isOvertaken()) return;
      await runHook(this.#log, this.#hooks, 'onReload', { ...this.#view, config });
      this.#events.push(() => {
        if (!isOvertaken()) this.#replaceWorkers(config);
      });
    };
    read().catch((error: unknown) => {
      this.#events.push(() => this.#log.fatal(`reload given up: ${explain(error)}`));
    });
  }

  #replaceWorkers(config: Config): void {
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
    for (const listener of this.#listeners.splice(0)) listener.close();
    this.#pool.stop(how);
  }

  /** However long a hook may take. The same signal says nothing new: Control-C comes from all sides. */
  #leave(signal: NodeJS.Signals): void {
    if (signal !== this.#lastSignal) process.exit(this.#exitCode);
  }

  get #addresses(): string[] {
    return this.#listeners.map(({ address }) => formatAddress(address));
  }

  get #view(): ArbiterView {
    return { pid: process.pid, config: this.#pool.config, log: this.#log };
  }
}

/** A signal, or what is to be done about something else that happened. */
type ArbiterEvent = ArbiterSignal | (() => void);

/** Events in the order of their coming, taken one at a time. */
class EventQueue {
  readonly #events: ArbiterEvent[] = [];
  #wake: (() => void) | undefined;

  takeSignals(signals: readonly ArbiterSignal[]): void {
    for (const signal of signals) process.on(signal, () => this.push(signal));
  }

  push(event: ArbiterEvent): void {
    this.#events.push(event);
    this.#wake?.();
  }

  async next(): Promise<ArbiterEvent> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return event;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
