import type { Application } from '../../wsgi/types.ts';
import type { ServerFacts } from './environ.ts';
import type { Log } from '../log/log.ts';
import type { Networks } from '../settings/networks.ts';
import type { RequestLimits } from '../protocols/http1/request-parser.ts';

/** What all connections of a worker share. */
export interface Service {
  readonly application: Application;
  readonly facts: ServerFacts;
  /** Proxies whose word about the client counts. */
  readonly trustedPeers: Networks;
  readonly limits: RequestLimits;
  readonly timeouts: Timeouts;
  readonly log: Log;
  readonly accessLog: Log | undefined;
  /** The current IMF-fixdate. */
  readonly date: string;
  /** The worker finishes its last requests: every response closes its connection. */
  readonly isDraining: boolean;
}

export interface Timeouts {
  readonly headerMs: number;
  readonly bodyMs: number;
  readonly sendMs: number;
  readonly idleMs: number;
}
