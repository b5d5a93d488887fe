import { ExitCode } from '../errors.ts';
import { runHook, type ServerHooks, type WorkerView } from '../hooks.ts';
import type { WorkerMessage } from '../messages.ts';
import { tell } from './channel.ts';
import type { Server } from './server.ts';
import type { RequestInFlight } from './watchdog.ts';

/** What workerExit gets where everything is to exit at once; the arbiter kills after a second. */
const HURRY_SECONDS = 0.5;
/** A message at the exit arrives only if the channel has room for it at once, and a line only if it is short. */
const REQUESTS_TOLD_MAX = 20;
const TARGET_LENGTH_MAX = 60;

/** How a worker ends: after its requests and workerExit, or at once. What an exit cuts is told. */
export class Ending {
  readonly #view: WorkerView;
  readonly #hooks: ServerHooks;
  #server: Server | undefined;
  #isEnding = false;
  #isStopping = false;
  #exitHook: Promise<void> | undefined;
  /** What there is still to wait for. */
  #rest = '';

  constructor(view: WorkerView, hooks: ServerHooks) {
    this.#view = view;
    this.#hooks = hooks;
    process.on('exit', () => this.#onExit());
    for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
      process.on(signal, () => void this.#stop(signal));
    }
    process.on('SIGABRT', () => {
      void runHook(view.log, hooks, 'workerAbort', view);
      process.exit(ExitCode.failure);
    });
  }

  /** From now on there are requests to finish; TERM, a vanished arbiter and an uncaught error let them. */
  finishFirst(server: Server): void {
    const { log } = this.#view;
    this.#server = server;
    process.on('SIGTERM', (signal) => {
      void this.end(ExitCode.ok, { message: { kind: 'signalled', signal } });
    });
    process.on('disconnect', () => {
      log.error('the arbiter has gone: finishing the requests in flight, then exiting');
      void this.#leave('the arbiter has gone');
    });
    process.on('uncaughtException', (error) => {
      void this.#leave('an uncaught error');
      this.#tellUncaught(error);
    });
  }

  #leave(reason: string): Promise<void> {
    return this.end(ExitCode.failure, { message: { kind: 'leaving', reason } });
  }

  /**
   * Finishes the requests in flight, then workerExit, both within graceful-timeout, and exits.
   *
   * @param handsOver others go on, and take connections over whose end cannot be told.
   */
  async end(
    exitCode: number,
    { message, handsOver = false }: { message?: WorkerMessage; handsOver?: boolean },
  ): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    if (message !== undefined) void tell(message);
    const { gracefulTimeout } = this.#view.config;
    this.#exitAfter(gracefulTimeout, exitCode, 'graceful-timeout');
    this.#rest = 'connections are still open';
    await this.#server?.drain(handsOver);
    await this.#runExitHook();
    // The requests since the last heartbeat are to be counted too.
    const metrics = this.#server?.takeMetrics();
    if (metrics !== undefined) await tell({ kind: 'heartbeat', metrics, isInspected: false });
    process.exit(exitCode);
  }

  async #stop(signal: NodeJS.Signals): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    const told = tell({ kind: 'signalled', signal });
    void runHook(this.#view.log, this.#hooks, 'workerInt', this.#view);
    this.#exitAfter(HURRY_SECONDS, ExitCode.ok, `the time after ${signal}`);
    await Promise.all([told, this.#runExitHook()]);
    process.exit(ExitCode.ok);
  }

  #exitAfter(seconds: number, exitCode: number, name: string): void {
    setTimeout(() => {
      this.#view.log.warn(`${name} (${seconds} s) is over: ${this.#rest}`);
      process.exit(exitCode);
    }, seconds * 1000);
  }

  /** However often the end begins. */
  #runExitHook(): Promise<void> {
    this.#rest = 'the hook workerExit has not finished';
    this.#exitHook ??= runHook(this.#view.log, this.#hooks, 'workerExit', this.#view);
    return this.#exitHook;
  }

  /** Whoever asked for the exit: nothing is awaited any more. */
  #onExit(): void {
    void this.#runExitHook();
    const requests = this.#server?.requestsInFlight() ?? [];
    const cutRequests = requests.length;
    if (process.connected) void tell({ kind: 'exiting', cutRequests, requests: shorten(requests) });
    else if (cutRequests > 0) this.#view.log.warn({ requests }, `${cutRequests} requests are cut`);
  }

  /** To look at an error may itself throw, and what throws here ends the process at once. */
  #tellUncaught(error: unknown): void {
    const { log } = this.#view;
    const what = 'uncaught error: finishing the requests in flight, then exiting';
    const requests = this.#server?.requestsInFlight() ?? [];
    try {
      log.fatal({ err: error, requests }, what);
    } catch {
      log.fatal({ requests }, what);
    }
  }
}

/** The oldest of them. */
function shorten(requests: readonly RequestInFlight[]): RequestInFlight[] {
  return requests
    .toSorted((one, other) => other.seconds - one.seconds)
    .slice(0, REQUESTS_TOLD_MAX)
    .map((request) => ({ ...request, target: request.target.slice(0, TARGET_LENGTH_MAX) }));
}
