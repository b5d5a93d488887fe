import type { Application, Awaitable, Environ, WorkerIdentity } from '@wsgi/wsgi';
import type { Config } from './settings/catalogue.ts';
import type { Log } from './log/log.ts';

/** The arbiter, as its hooks see it. */
export interface ArbiterView {
  readonly pid: number;
  readonly config: Config;
  readonly log: Log;
}

/** A worker, as the hooks that run inside it see it. */
export interface WorkerView extends WorkerIdentity {
  readonly config: Config;
  readonly log: Log;
}

/** A metric of the project with its values, as prom-client's `register.getMetricsAsJSON()` gives it. */
export interface ProjectMetric {
  readonly name: string;
  readonly help: string;
  /** `counter`, `gauge`, `histogram` or `summary`. prom-client's own types call that a number. */
  readonly type: unknown;
  /** How the gauges of several workers become one: their sum, unless it is said. */
  readonly aggregator?: 'omit' | 'sum' | 'first' | 'min' | 'max' | 'average';
  readonly values: readonly {
    readonly value: number;
    readonly labels: Readonly<Partial<Record<string, string | number>>>;
    /** Where it is not the metric's own: `…_bucket`, `…_sum`, `…_count`. */
    readonly metricName?: string;
  }[];
}

/**
 * Gunicorn's server hooks. What a hook throws is logged, except at the start, which it stops. One that may
 * give a promise is awaited; one that gives `void` is not.
 */
export interface ServerHooks {
  /** In the arbiter, before anything is bound. */
  onStarting?(arbiter: ArbiterView): Awaitable<void>;
  /** In the arbiter, before the workers are replaced on HUP, which waits for it. */
  onReload?(arbiter: ArbiterView): Awaitable<void>;
  /** In the arbiter, once the sockets are bound. */
  whenReady?(arbiter: ArbiterView): void;
  /** In the arbiter, before a worker is started. */
  preFork?(arbiter: ArbiterView, workerNumber: number): void;
  /** In the arbiter, after a worker has exited. */
  childExit?(arbiter: ArbiterView, worker: WorkerIdentity): void;
  /** In the arbiter, when the number of workers was changed; at the start there was none before. */
  nworkersChanged?(arbiter: ArbiterView, workers: number, before: number | undefined): void;
  /** In the arbiter, before it exits. */
  onExit?(arbiter: ArbiterView): Awaitable<void>;
  /** In a worker, before the application is loaded. */
  postFork?(worker: WorkerView): Awaitable<void>;
  /** In a worker, after the application was loaded. */
  postWorkerInit?(worker: WorkerView): Awaitable<void>;
  /** In a worker, on INT and QUIT. */
  workerInt?(worker: WorkerView): void;
  /** In a worker, on ABRT. */
  workerAbort?(worker: WorkerView): void;
  /** In a worker, before the application is called. */
  preRequest?(worker: WorkerView, environ: Environ): void;
  /** In a worker, after the response: `"200 OK"`, or `''` where the client went away before. */
  postRequest?(worker: WorkerView, environ: Environ, status: string): void;
  /**
   * In a worker, each second: what `/metrics` shows of the project beside the gateway's own. Not
   * Gunicorn's.
   */
  metrics?(worker: WorkerView): Awaitable<readonly ProjectMetric[]>;
  /**
   * In a worker, after its last request and before it exits: within what is left of graceful-timeout, and
   * for half a second where it exits at once. An exit that is not the gateway's, such as the application's
   * own `process.exit()`, waits for no promise.
   */
  workerExit?(worker: WorkerView): Awaitable<void>;
}

const NAMES: Readonly<Record<keyof ServerHooks, true>> = {
  onStarting: true,
  onReload: true,
  whenReady: true,
  preFork: true,
  childExit: true,
  nworkersChanged: true,
  onExit: true,
  postFork: true,
  postWorkerInit: true,
  workerInt: true,
  workerAbort: true,
  preRequest: true,
  postRequest: true,
  metrics: true,
  workerExit: true,
};

export const HOOK_NAMES: readonly string[] = Object.keys(NAMES);

/** Has workerExit close the application, where it has a function `close` as a body may have one. */
export function closeAtExit(application: Application, hooks: ServerHooks): void {
  const close: unknown = Reflect.get(application, 'close');
  if (typeof close !== 'function') return;
  const own = { ...hooks };
  hooks.workerExit = async (worker) => {
    try {
      const done: unknown = own.workerExit?.(worker);
      await done;
    } finally {
      await Reflect.apply(close, application, []);
    }
  };
}

/** Calls a hook, where there is one; what it throws or rejects with is logged, and changes nothing. */
export async function runHook<Name extends keyof ServerHooks>(
  log: Log,
  hooks: ServerHooks,
  name: Name,
  ...facts: Parameters<Required<ServerHooks>[Name]>
): Promise<void> {
  const hook = hooks[name];
  if (hook === undefined) return;
  try {
    await Reflect.apply(hook, hooks, facts);
  } catch (error) {
    log.error({ err: error }, `the hook ${name} failed`);
  }
}
