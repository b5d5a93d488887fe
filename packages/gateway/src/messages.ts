import type { Config } from './settings/catalogue.ts';
import type { WorkerMetrics } from './metrics/meter.ts';
import type { Address } from './settings/addresses.ts';

/** A bound socket, as a descriptor of the process that gets the message. */
export interface Listener {
  readonly fd: number;
  readonly address: Address;
}

/** The first message to a worker: all that it needs to know. */
export interface StartMessage {
  readonly number: number;
  readonly config: Config;
  readonly listeners: readonly Listener[];
}

/** The channel is the application's too, which may send there what it likes. */
export interface Envelope {
  readonly gateway: WorkerMessage;
}

/** The worker's own message, if it is one. */
export function ownMessage(received: unknown): WorkerMessage | undefined {
  const isOwn = typeof received === 'object' && received !== null && 'gateway' in received;
  return isOwn ? (received as Envelope).gateway : undefined;
}

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
  /** It finishes what it has, serves no more, and then exits. */
  | { readonly kind: 'leaving'; readonly reason: string }
  /** The same, at once or politely, because of a signal. */
  | { readonly kind: 'signalled'; readonly signal: NodeJS.Signals }
  /** It goes on serving, but should be replaced. */
  | { readonly kind: 'retire'; readonly reason: string }
  /** It cannot serve, and is about to exit with that code. */
  | { readonly kind: 'failed'; readonly exitCode: number; readonly reason: string };

/** How far a worker has come, by what it told and was told. */
export type WorkerState = 'starting' | 'ready' | 'draining';
