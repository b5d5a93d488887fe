import { fork, type ChildProcess } from 'node:child_process';
import { extname, join } from 'node:path';
import type { StartMessage, WorkerMessage } from '../messages.ts';

const WORKER_FILE = join(import.meta.dirname, `../worker/worker${extname(import.meta.filename)}`);
/** In the child's stdio: input, output, error, the message channel, then the listening sockets. */
const FIRST_LISTENER_FD = 4;

export type WorkerState = 'starting' | 'ready' | 'draining';

export interface WorkerEvents {
  message(worker: WorkerProcess, message: WorkerMessage): void;
  exit(worker: WorkerProcess, code: number | null, signal: NodeJS.Signals | null): void;
}

/** A worker process as the arbiter sees it. */
export class WorkerProcess {
  readonly number: number;
  /** Workers started between two reloads are of one generation. */
  readonly generation: number;
  readonly startedAtMs: number = performance.now();
  state: WorkerState = 'starting';
  lastHeartbeatMs: number = this.startedAtMs;
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
    this.#child.on('exit', (code, signal) => events.exit(this, code, signal));
    this.#child.on('error', () => events.exit(this, null, null));
  }

  get pid(): number | undefined {
    return this.#child.pid;
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

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** A worker that died before it read its first message is reported by its exit. */
function ignoreLostChannel(): void {}
