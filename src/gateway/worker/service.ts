import type { ServerFacts } from '../../wsgi/environ.ts';
import type { Application, Environ } from '../../wsgi/types.ts';
import type { Meter } from '../figures/meter.ts';
import { runHook, type ServerHooks, type WorkerView } from '../hooks.ts';
import type { AccessLog } from '../log/access-log.ts';
import type { Log } from '../log/log.ts';
import type { RequestLimits } from '../protocols/http1/request-parser.ts';
import { Networks } from '../settings/networks.ts';
import type { Settings } from '../settings/catalogue.ts';
import type { Outbox } from './outbox.ts';

/** What all connections of a worker share. */
export interface Service {
  readonly application: Application;
  readonly environ: ServerFacts;
  /** Proxies whose word about the client counts. */
  readonly trustedPeers: Networks;
  readonly proxyProtocol: ProxyProtocol;
  readonly limits: RequestLimits;
  readonly timeouts: Timeouts;
  readonly log: Log;
  readonly accessLog: AccessLog | undefined;
  readonly outbox: Outbox;
  readonly hooks: RequestHooks;
  readonly overload: OverloadLimits;
}

/** Which PROXY protocol header connections begin with, and who may send one. */
interface ProxyProtocol {
  readonly version: Settings['proxyProtocol'];
  readonly allowedPeers: Networks;
}

/** What changes while a worker serves. */
export interface ServerState {
  /** The current IMF-fixdate. */
  date: string;
  /** The worker finishes its last requests: every response closes its connection. */
  isDraining: boolean;
  requestsInFlight: number;
  /** How many more are served until the worker is due to be replaced; `onLastRequest` is told then. */
  requestsLeft: number;
  onLastRequest: () => void;
  readonly meter: Meter;
  /** How late the event loop was lately. */
  loopDelayMs: number;
  /** When it should turn next: past that, it is late right now. */
  loopDueMs: number;
}

/** Beyond these a request is answered 503 at once; Infinity for no limit. */
export interface OverloadLimits {
  readonly requestsInFlight: number;
  readonly loopDelayMs: number;
}

/** Times in milliseconds; Infinity for no limit. */
export interface Timeouts {
  readonly headerMs: number;
  readonly bodyMs: number;
  readonly sendMs: number;
  readonly idleMs: number;
  readonly requestMs: number;
}

interface RequestHooks {
  readonly before?: (environ: Environ) => void;
  readonly after?: (environ: Environ, status: string) => void;
}

export function makeService(
  application: Application,
  worker: WorkerView,
  hooks: ServerHooks,
  accessLog: AccessLog | undefined,
  outbox: Outbox,
): Service {
  const { config, log, number, pid } = worker;
  return {
    application,
    environ: {
      software: 'gateway',
      scriptName: config.rootPath,
      isMultiprocess: config.workers > 1,
      worker: { number, pid },
    },
    trustedPeers: new Networks(config.forwardedAllowIps),
    proxyProtocol: {
      version: config.proxyProtocol,
      allowedPeers: new Networks(config.proxyAllowIps),
    },
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
    },
    overload: {
      requestsInFlight: config.limitInFlight || Infinity,
      loopDelayMs: config.limitQueueDelay * 1000 || Infinity,
    },
    log,
    accessLog,
    outbox,
    hooks: requestHooks(hooks, worker),
  };
}

/** Only those that are set: for the others a request takes no step. */
function requestHooks(hooks: ServerHooks, worker: WorkerView): RequestHooks {
  const { log } = worker;
  return {
    ...(hooks.preRequest && {
      before: (environ) => void runHook(log, hooks, 'preRequest', worker, environ),
    }),
    ...(hooks.postRequest && {
      after: (environ, status) => void runHook(log, hooks, 'postRequest', worker, environ, status),
    }),
  };
}
