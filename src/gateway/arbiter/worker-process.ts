import { fork, type ChildProcess } from 'node:child_process';
import { extname, join } from 'node:path';
import type { Config } from '../settings/catalogue.ts';
import {
  ownMessage,
  type Listener,
  type StartMessage,
  type WorkerMessage,
  type WorkerState,
} from '../messages.ts';
import { workerEnvironment } from '../process.ts';

const WORKER_FILE = join(import.meta.dirname, `../worker/worker${extname(import.meta.filename)}`);
/** In the child's stdio: input, output, error, the message channel, then the listening sockets. */
const FIRST_LISTENER_FD = 4;
/** What a worker gets beyond the time that it was given to finish, before it is killed. */
const KILL_MARGIN_MS = 1000;

/** Workers started between two reloads, with the settings of that time. */
export interface Generation {
  readonly number: number;
  readonly config: Config;
  /** How many workers should serve. */
  target: number;
}

export interface WorkerEvents {
  /** Called before the process is there. */
  start(number: number): void;
  message(worker: WorkerProcess, message: WorkerMessage): void;
  /** @param how a signal's name, or the exit code. */
  exit(worker: WorkerProcess, how: string): void;
}

/** A worker process as the arbiter sees it. */
export class WorkerProcess {
  readonly number: number;
  readonly generation: Generation;
  readonly startedAtMs: number = performance.now();
  state: WorkerState = 'starting';
  lastHeartbeatMs: number = this.startedAtMs;
  /** It asked to be replaced. */
  isRetiring = false;
  /** A signal that ends it, and that may have come from elsewhere. */
  signalledBy: NodeJS.Signals | undefined;
  /** When it must have ended by itself. */
  endsByMs = Infinity;
  readonly #child: ChildProcess;
  #readyAtMs = Infinity;
  #channelLostAtMs = Infinity;

  /** @throws {Error} where the system has no memory for a process. */
  constructor(
    number: number,
    generation: Generation,
    listeners: readonly Listener[],
    events: WorkerEvents,
  ) {
    this.number = number;
    this.generation = generation;
    const { config } = generation;
    this.#child = fork(WORKER_FILE, [], {
      env: workerEnvironment(config),
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...listeners.map(({ fd }) => fd)],
    });
    this.#child.on('message', (received) => {
      const message = ownMessage(received);
      if (message !== undefined) events.message(this, message);
    });
    this.#child.on('disconnect', () => (this.#channelLostAtMs = performance.now()));
    this.#child.on('exit', (code, signal) => events.exit(this, signal ?? `exit code ${code}`));
    this.#child.on('error', (error) => {
      if (this.pid === undefined) events.exit(this, error.message);
    });
    // Without a free descriptor there is no channel, and the error is still to come.
    if (!this.#child.connected) return;
    const inherited = listeners.map(({ address }, index) => ({
      fd: FIRST_LISTENER_FD + index,
      address,
    }));
    const start: StartMessage = { number, config, listeners: inherited };
    this.#child.send(start, ignoreLostChannel);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get silentMs(): number {
    return performance.now() - this.lastHeartbeatMs;
  }

  /** How long ago it became ready. */
  get readyMs(): number {
    return performance.now() - this.#readyAtMs;
  }

  /** For how long its channel has been closed: at its exit a moment, else it takes the arbiter for gone. */
  get channelLostMs(): number {
    return performance.now() - this.#channelLostAtMs;
  }

  markReady(): void {
    this.state = 'ready';
    this.#readyAtMs = performance.now();
  }

  /** Lets it finish the requests in flight. */
  drain(): void {
    if (this.state === 'draining') return;
    this.markLeaving();
    this.#child.kill('SIGTERM');
  }

  /** It finishes the requests in flight, and serves no others. */
  markLeaving(): void {
    this.state = 'draining';
    this.#endWithin(this.generation.config.gracefulTimeout * 1000);
  }

  /** Ends it at once. */
  quit(): void {
    this.state = 'draining';
    this.#endWithin(0);
    this.#child.kill('SIGQUIT');
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #endWithin(ms: number): void {
    this.endsByMs = performance.now() + ms + KILL_MARGIN_MS;
  }
}

/** A worker that died before it read its first message is reported by its exit. */
function ignoreLostChannel(): void {}
