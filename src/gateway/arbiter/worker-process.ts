import { fork, type ChildProcess } from 'node:child_process';
import { extname, join } from 'node:path';
import type { StartMessage, WorkerMessage } from '../messages.ts';

const WORKER_FILE = join(import.meta.dirname, `../worker/worker${extname(import.meta.filename)}`);
/** In the child's stdio: input, output, error, the message channel, then the listening sockets. */
const FIRST_LISTENER_FD = 4;

export type WorkerState = 'starting' | 'ready' | 'draining';

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
  /** Workers started between two reloads are of one generation. */
  readonly generation: number;
  readonly startedAtMs: number = performance.now();
  state: WorkerState = 'starting';
  lastHeartbeatMs: number = this.startedAtMs;
  /** It asked to be replaced. */
  isRetiring = false;
  /** When it was asked to finish. */
  drainingSinceMs = Infinity;
  readonly #child: ChildProcess;

  constructor(start: StartMessage, generation: number, events: WorkerEvents) {
    this.number = start.number;
    this.generation = generation;
    const descriptors = start.listeners.map(({ fd }) => fd);
    this.#child = fork(WORKER_FILE, [], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...descriptors],
    });
    const listeners = start.listeners.map((listener, index) => ({
      ...listener,
      fd: FIRST_LISTENER_FD + index,
    }));
    this.#child.send({ ...start, listeners }, ignoreLostChannel);
    this.#child.on('message', (message) => events.message(this, message as WorkerMessage));
    this.#child.on('exit', (code, signal) => events.exit(this, signal ?? `exit code ${code}`));
    this.#child.on('error', (error) => {
      if (this.pid === undefined) events.exit(this, error.message);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get silentMs(): number {
    return performance.now() - this.lastHeartbeatMs;
  }

  /** Lets it finish the requests in flight. */
  drain(): void {
    if (this.state === 'draining') return;
    this.state = 'draining';
    this.drainingSinceMs = performance.now();
    this.#child.kill('SIGTERM');
  }

  /** Ends it at once. */
  quit(): void {
    this.state = 'draining';
    this.#child.kill('SIGQUIT');
  }

  reopenLogs(): void {
    this.#child.kill('SIGUSR1');
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** A worker that died before it read its first message is reported by its exit. */
function ignoreLostChannel(): void {}
