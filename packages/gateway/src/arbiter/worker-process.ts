import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import { withoutInspector } from '@wsgi/wsgi/inspector-options';
import {
  ownMessage,
  type Listener,
  type StartMessage,
  type WorkerMessage,
  type WorkerState,
} from '../messages.ts';
import { workerEnvironment } from '../process.ts';
import type { Config } from '../settings/catalogue.ts';

const WORKER_FILE = join(import.meta.dirname, `../worker/worker${extname(import.meta.filename)}`);
/** In the child's stdio: input, output, error, the message channel, then the listening sockets. */
const FIRST_LISTENER_FD = 4;
/** A blocked worker ends itself and says why; beyond this, its whole process is stuck. */
const SILENCE_MARGIN_SECONDS = 2;
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
  message(worker: WorkerProcess, message: WorkerMessage): void;
  /** @param how a signal's name, or the exit code. */
  exit(worker: WorkerProcess, how: string): void;
}

/** A worker process as the arbiter sees it. What is known of one is written here alone. */
export class WorkerProcess {
  readonly number: number;
  readonly generation: Generation;
  readonly startedAtMs: number = performance.now();
  readonly #child: ChildProcess;
  #state: WorkerState = 'starting';
  #isRetiring = false;
  #isInspected: boolean;
  #signalledBy: NodeJS.Signals | undefined;
  #lastMessageAtMs = this.startedAtMs;
  #readyAtMs = Infinity;
  #channelLostAtMs = Infinity;
  #endsByMs = Infinity;

  /** @throws {Error} where the system has no memory for a process. */
  constructor(
    number: number,
    generation: Generation,
    listeners: readonly Listener[],
    events: WorkerEvents,
  ) {
    this.number = number;
    this.generation = generation;
    this.#isInspected = generation.config.inspect !== undefined;
    this.#child = fork(WORKER_FILE, [], {
      cwd: generation.config.chdir,
      execArgv: withoutInspector(process.execArgv),
      env: workerEnvironment(generation.config),
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...listeners.map(({ fd }) => fd)],
    });
    this.#tellOf(events);
    // Without a free descriptor there is no channel, and the error is still to come.
    if (this.#child.connected) this.#sendStart(listeners);
  }

  #tellOf(events: WorkerEvents): void {
    this.#child.on('message', (received) => {
      const message = ownMessage(received);
      if (message === undefined) return;
      this.#lastMessageAtMs = performance.now();
      if (message.kind === 'heartbeat') this.#isInspected = message.isInspected;
      events.message(this, message);
    });
    this.#child.on('disconnect', () => (this.#channelLostAtMs = performance.now()));
    this.#child.on('exit', (code, signal) => events.exit(this, signal ?? `exit code ${code}`));
    this.#child.on('error', (error) => {
      if (this.pid === undefined) events.exit(this, this.#explainNoProcess(error));
    });
  }

  /** What the system says of a directory that is not there is that it finds no Node. */
  #explainNoProcess({ message }: Error): string {
    const { chdir } = this.generation.config;
    return existsSync(chdir) ? message : `its directory ${chdir} is not there any more`;
  }

  #sendStart(listeners: readonly Listener[]): void {
    const inherited = listeners.map(({ address }, index) => ({
      fd: FIRST_LISTENER_FD + index,
      address,
    }));
    const { config } = this.generation;
    const start: StartMessage = { number: this.number, config, listeners: inherited };
    this.#child.send(start, ignoreLostChannel);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get state(): WorkerState {
    return this.#state;
  }

  /** It asked to be replaced. */
  get isRetiring(): boolean {
    return this.#isRetiring;
  }

  /** A signal that ends it, and that may have come from elsewhere. */
  get signalledBy(): NodeJS.Signals | undefined {
    return this.#signalledBy;
  }

  /** Since its last message. */
  get silentMs(): number {
    return performance.now() - this.#lastMessageAtMs;
  }

  /** How long ago it became ready. */
  get readyMs(): number {
    return performance.now() - this.#readyAtMs;
  }

  /** For how long its channel has been closed: at its exit a moment, else it takes the arbiter for gone. */
  get channelLostMs(): number {
    return performance.now() - this.#channelLostAtMs;
  }

  /** What is wrong with it, where it has been silent, or finishing, for too long. */
  get overdue(): string | undefined {
    const { timeout } = this.generation.config;
    const isWatched = timeout > 0 && !this.#isInspected;
    if (isWatched && this.silentMs > (timeout + SILENCE_MARGIN_SECONDS) * 1000) {
      return this.#state === 'starting' ? 'is not ready in time' : 'is stuck';
    }
    return performance.now() > this.#endsByMs ? 'does not finish' : undefined;
  }

  markReady(): void {
    this.#state = 'ready';
    this.#readyAtMs = performance.now();
  }

  markRetiring(): void {
    this.#isRetiring = true;
  }

  markSignalled(signal: NodeJS.Signals): void {
    this.#signalledBy = signal;
  }

  /** It could not start, and is about to exit. */
  markFailed(): void {
    this.#state = 'draining';
  }

  /** It finishes the requests in flight, and serves no others. */
  markLeaving(): void {
    this.#leaveWithin(this.generation.config.gracefulTimeout * 1000);
  }

  /** Lets it finish the requests in flight. */
  drain(): void {
    if (this.#state === 'draining') return;
    this.markLeaving();
    this.#child.kill('SIGTERM');
  }

  /** Ends it at once. */
  quit(): void {
    this.#leaveWithin(0);
    this.#child.kill('SIGQUIT');
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #leaveWithin(ms: number): void {
    this.#state = 'draining';
    this.#endsByMs = performance.now() + ms + KILL_MARGIN_MS;
  }
}

/** A worker that died before it read its first message is reported by its exit. */
function ignoreLostChannel(): void {}
