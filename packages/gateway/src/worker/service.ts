import { performance } from 'node:perf_hooks';
import type { ServerFacts } from '@wsgi/wsgi/environ';
import type { Application, Environ } from '@wsgi/wsgi';
import { Meter } from '../metrics/meter.ts';
import { runHook, type ServerHooks, type WorkerView } from '../hooks.ts';
import type { Settings } from '../settings/catalogue.ts';
import { Networks } from '../settings/addresses.ts';
import type { AccessLog } from './access-log.ts';
import type { Outbox } from './client-socket.ts';
import { ProjectMetricsHook } from './project-metrics-hook.ts';

/** How long at most a client is read on that sends more after the last response. */
const LINGER_MS = 30_000;

/** What all connections of a worker share. Infinity is for no limit. */
export type Service = ReturnType<typeof makeService>;

export function makeService(
  application: Application,
  worker: WorkerView,
  hooks: ServerHooks,
  accessLog: AccessLog | undefined,
  outbox: Outbox,
) {
  const { config, log, number, pid } = worker;
  const environ: ServerFacts = {
    software: 'gateway',
    scriptName: config.rootPath,
    isMultiprocess: config.workers > 1,
    worker: { number, pid },
  };
  return {
    application,
    environ,
    /** Proxies whose word about the client counts. */
    trustedPeers: new Networks(config.forwardedAllowIps),
    limits: {
      requestLineBytes: config.limitRequestLine,
      fieldCount: config.limitRequestFields,
      fieldBytes: config.limitRequestFieldSize,
      bodyBytes: config.limitRequestBody || Infinity,
    },
    timeouts: {
      headerMs: config.headerTimeout * 1000,
      bodyMs: config.bodyTimeout * 1000,
      sendMs: config.sendTimeout * 1000,
      idleMs: config.keepalive * 1000,
      requestMs: config.requestTimeout * 1000 || Infinity,
      lingerMs: LINGER_MS,
    },
    /** Beyond these a request is answered 503 at once. */
    overload: {
      requestsInFlight: config.limitInFlight || Infinity,
      loopDelayMs: config.limitQueueDelay * 1000 || Infinity,
    },
    state: new ServerState(),
    projectMetrics: hooks.metrics && new ProjectMetricsHook(() => hooks.metrics?.(worker), log),
    log,
    accessLog,
    outbox,
    hooks: requestHooks(hooks, worker),
  };
}

/** After how many requests a worker should be replaced; each worker has a jitter of its own. */
export function requestLimit({ maxRequests, maxRequestsJitter }: Settings): number {
  const jitter = Math.floor(Math.random() * (maxRequestsJitter + 1));
  return maxRequests > 0 ? maxRequests + jitter : Infinity;
}

/** Only those that are set: for the others a request takes no step. */
function requestHooks(hooks: ServerHooks, worker: WorkerView) {
  const { log } = worker;
  return {
    ...(hooks.preRequest && {
      before: (environ: Environ) => void runHook(log, hooks, 'preRequest', worker, environ),
    }),
    ...(hooks.postRequest && {
      after: (environ: Environ, status: string) =>
        void runHook(log, hooks, 'postRequest', worker, environ, status),
    }),
  };
}

/** How often the lateness of the event loop is measured. */
const LOOK_MS = 50;

/** What changes while a worker serves. */
export class ServerState {
  /** The current IMF-fixdate. */
  date: string = new Date().toUTCString();
  /** The worker finishes its last requests: every response closes its connection. */
  isDraining = false;
  /** While it does, other workers go on with connections whose end cannot be told. */
  handsOver = false;
  requestsInFlight = 0;
  readonly meter: Meter = new Meter();
  #requestsLeft = Infinity;
  #onLastRequest: (() => void) | undefined;
  /** How late the event loop was lately. */
  #loopDelayMs = 0;
  /** When it should turn next: past that, it is late right now. */
  #loopDueMs = Infinity;

  beginRequest(): void {
    this.requestsInFlight += 1;
  }

  endRequest(): void {
    this.requestsInFlight -= 1;
    this.#requestsLeft -= 1;
    if (this.#requestsLeft === 0) this.#onLastRequest?.();
  }

  /** Calls back when so many requests have been served. */
  onceServed(requests: number, listener: () => void): void {
    this.#requestsLeft = requests;
    this.#onLastRequest = listener;
  }

  /** There is too much to do for one more request. */
  isOverloaded(limits: Service['overload']): boolean {
    if (this.requestsInFlight >= limits.requestsInFlight) return true;
    if (limits.loopDelayMs === Infinity) return false;
    const delayNowMs = performance.now() - this.#loopDueMs;
    return Math.max(this.#loopDelayMs, delayNowMs) > limits.loopDelayMs;
  }

  /**
   * By a timer, which is late by what a turn lasts, but for 50 ms at most. Node's own monitor sees of a
   * turn only what comes after the next timer was due, or, by its timer, forgets at each reset.
   */
  measureLoopDelay(): NodeJS.Timeout {
    this.#loopDueMs = performance.now() + LOOK_MS;
    return setInterval(() => {
      const nowMs = performance.now();
      const lateMs = nowMs - this.#loopDueMs;
      this.meter.noteLoopDelay(lateMs);
      // It fades, so that what waited through a long turn is not let in behind a short one.
      this.#loopDelayMs = Math.max(lateMs, this.#loopDelayMs / 2);
      this.#loopDueMs = nowMs + LOOK_MS;
    }, LOOK_MS);
  }
}
