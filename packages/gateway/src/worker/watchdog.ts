import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { WorkerIdentity } from '@wsgi/wsgi';
import type { WorkerView } from '../hooks.ts';
import type { Settings } from '../settings/catalogue.ts';
import { isInspected } from './inspector.ts';

const THREAD_FILE = join(import.meta.dirname, `watchdog-thread${extname(import.meta.filename)}`);
const HEARTBEAT_MS = 200;

/** What of the heartbeats says that the loop may stand still: on purpose, or by a debugger. */
export const MAY_STAND_STILL = 1;

/** The name under which the thread finds `describe` in the blocked main thread. */
export const WITNESS = 'gateway.watchdog';

/** A request in flight, as the log tells it. */
export interface RequestInFlight {
  readonly request_id: string;
  readonly method: string;
  readonly target: string;
  readonly seconds: number;
  /** The application works on though nobody waits for the response. */
  readonly client_left?: true;
}

export interface WatchdogData {
  /** How often the loop has turned, and whether it stands still on purpose. */
  readonly heartbeats: SharedArrayBuffer;
  readonly timeoutMs: number;
  readonly arbiterPid: number;
  readonly worker: WorkerIdentity;
  readonly log: Pick<Settings, 'loglevel'>;
}

/** What the blocked thread says about itself. */
export interface Testimony {
  readonly stack: string;
  readonly requests: readonly RequestInFlight[];
}

/**
 * Watches the event loop from a thread of its own. Where it is blocked for longer than the timeout,
 * the thread logs the stack and the requests in flight, and ends the process, to be replaced.
 */
export class Watchdog {
  /** Asked when the loop is blocked. */
  requestsInFlight: () => readonly RequestInFlight[] = () => [];
  /** What it shares with its thread. */
  readonly #loop = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));

  start({ number, pid, config, log }: WorkerView, arbiterPid: number): void {
    this.#turn();
    setInterval(() => this.#turn(), HEARTBEAT_MS).unref();
    Object.defineProperty(globalThis, Symbol.for(WITNESS), { value: () => this.#testify() });
    const workerData: WatchdogData = {
      heartbeats: this.#loop.buffer,
      arbiterPid,
      timeoutMs: config.timeout * 1000,
      worker: { number, pid },
      log: { loglevel: config.loglevel },
    };
    const thread = new Worker(THREAD_FILE, { workerData });
    thread.on('error', (error) => log.error({ err: error }, 'the watchdog has gone'));
    thread.unref();
  }

  /** Lets the loop be blocked on purpose, for as long as it takes. */
  standStill<Result>(act: () => Result): Result {
    Atomics.store(this.#loop, MAY_STAND_STILL, 1);
    try {
      return act();
    } finally {
      // The time from now on counts.
      this.#turn();
    }
  }

  #turn(): void {
    Atomics.store(this.#loop, MAY_STAND_STILL, isInspected() ? 1 : 0);
    Atomics.add(this.#loop, 0, 1);
    Atomics.notify(this.#loop, 0);
  }

  #testify(): string {
    const testimony: Testimony = { stack: fullStack(), requests: this.requestsInFlight() };
    return JSON.stringify(testimony);
  }
}

function fullStack(): string {
  // An application may have frozen all this.
  Reflect.set(Error, 'stackTraceLimit', 100);
  // It may have set one, and then a stack is whatever it gives.
  Reflect.deleteProperty(Error, 'prepareStackTrace');
  return new Error('blocked').stack ?? '';
}
