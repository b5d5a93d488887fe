import type { BoundSocket } from 'node:net';
import type { Config } from './settings/catalogue.ts';
import type { WorkerMetrics } from './metrics/meter.ts';
import type { Address } from './settings/addresses.ts';
import type { Retirement } from './worker/retirement.ts';
import type { RequestInFlight } from './worker/watchdog.ts';

/** A bound socket, as a descriptor of the process that gets the message. */
export interface Listener {
  readonly fd: number;
  readonly address: Address;
}

/** A connection as a bare handle: nobody has begun to read of it, as of a `Socket` Node would have. */
export type ConnectionHandle = Pick<BoundSocket, 'close'>;

/** The first message to a worker: all that it needs to know. */
export interface StartMessage {
  readonly number: number;
  readonly config: Config;
  readonly listeners: readonly Listener[];
}

/** The channel is the application's too, which may send there what it likes, and reads what comes. */
export interface Envelope<Message extends WorkerMessage | Order> {
  readonly gateway: Message;
}

/** The worker's own message, if it is one. */
export function ownMessage(received: unknown): WorkerMessage | undefined {
  return isEnvelope(received) ? (received as Envelope<WorkerMessage>).gateway : undefined;
}

/** The arbiter's order, if it is one. */
export function orderIn(received: unknown): Order | undefined {
  return isEnvelope(received) ? (received as Envelope<Order>).gateway : undefined;
}

function isEnvelope(received: unknown): boolean {
  return typeof received === 'object' && received !== null && 'gateway' in received;
}

/** What the arbiter tells a worker after the first message. */
export type Order =
  /**
   * To finish the requests in flight, serve no others, and exit: by a signal it could be the application's. While
   * others go on, connections whose end cannot be told go to them.
   */
  | { readonly kind: 'drain'; readonly handsOver: boolean }
  /** To go on with the connection that comes with the order, and was accepted at that address. */
  | { readonly kind: 'adopt'; readonly address: Address }
  | Inspection;

/** To tell of itself, on the connection that comes with the order. */
export type Inspection =
  { readonly kind: 'profile'; readonly seconds: number } | { readonly kind: 'heap' };

/** What a worker tells so is text of JSON, which has no such character; what stands behind it says why it is not whole. */
export const END_OF_FILE = '\0';

/** What a worker tells the arbiter. */
export type WorkerMessage =
  /** It accepts connections. */
  | { readonly kind: 'ready' }
  /** Its event loop turns; and what it has done since the last time. A debugger may stop it, or not. */
  | {
      readonly kind: 'heartbeat';
      readonly metrics: WorkerMetrics;
      readonly isInspected: boolean;
    }
  /** Another one is to go on with the connection that comes with this, and was accepted at that address. */
  | { readonly kind: 'handover'; readonly address: Address }
  /** It finishes what it has, serves no more, and then exits. */
  | { readonly kind: 'leaving'; readonly reason: string }
  /** The same, at once or politely, because of a signal. */
  | { readonly kind: 'signalled'; readonly signal: NodeJS.Signals }
  /** It stands still on purpose, until its next message. */
  | { readonly kind: 'standstill' }
  /** It goes on serving, but should be replaced. */
  | ({ readonly kind: 'retire' } & Retirement)
  /** It cannot serve, and is about to exit with that code. */
  | { readonly kind: 'failed'; readonly exitCode: number; readonly reason: string }
  /** It exits now, whatever made it, and cuts so many requests; some of them are told of. */
  | {
      readonly kind: 'exiting';
      readonly cutRequests: number;
      readonly requests: readonly RequestInFlight[];
    };

/** How far a worker has come, by what it told and was told. */
export type WorkerState = 'starting' | 'ready' | 'draining';
