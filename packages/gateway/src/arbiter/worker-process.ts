import { fork, type ChildProcess, type SendHandle } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import { extname, join } from 'node:path';
import { withoutInspector } from '@wsgi/wsgi/inspector-options';
import {
  ownMessage,
  type ConnectionHandle,
  type Envelope,
  type Inspection,
  type Listener,
  type Order,
  type StartMessage,
  type WorkerMessage,
  type WorkerState,
} from '../messages.ts';
import type { Gauges } from '../metrics/meter.ts';
import { workerEnvironment } from '../process.ts';
import type { Address } from '../settings/addresses.ts';
import type { Config } from '../settings/catalogue.ts';
import type { RequestInFlight } from '../worker/watchdog.ts';

const WORKER_FILE = join(import.meta.dirname, `../worker/worker${extname(import.meta.filename)}`);
/** In the child's stdio: input, output, error, the message channel, then the listening sockets. */
const FIRST_LISTENER_FD = 4;
/** A blocked worker ends itself and says why; beyond this, its whole process is stuck. */
const SILENCE_MARGIN_SECONDS = 4;
/** What a worker gets beyond the time that it was given to finish, before it is killed. */
const KILL_MARGIN_MS = 1000;
/** One that still starts has nothing to finish. */
const START_BREAK_MS = 2000;

/** Workers started between two reloads, with the settings of that time. */
export interface Generation {
  readonly number: number;
  readonly config: Config;
  /** How many workers should serve. */
  target: number;
}

/** What the exit of a worker took with it; `requests` are undefined where it could not tell. */
export interface Cut {
  readonly count: number;
  readonly requests: readonly RequestInFlight[] | undefined;
}

export interface WorkerEvents {
  /** @param connection what comes with a handover, but for where there is no free descriptor. */
  message(worker: WorkerProcess, message: WorkerMessage, connection?: ConnectionHandle): void;
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
  #retiresAtMs = Infinity;
  #signalledBy: NodeJS.Signals | undefined;
  #lastMessageAtMs = this.startedAtMs;
  /** It stands still on purpose, or a debugger may have stopped it. */
  #mayBeSilent: boolean;
  #readyAtMs = Infinity;
  /** As its last heartbeat had it. */
  #gauges: Gauges = { requestsInFlight: 0, connections: 0, memoryBytes: 0 };
  #cut: Cut | undefined;
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
    this.#mayBeSilent = generation.config.inspect !== undefined;
    this.#child = fork(WORKER_FILE, [], {
      cwd: generation.config.chdir,
      execArgv: withoutInspector(process.execArgv),
      env: workerEnvironment(generation.config, number),
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...listeners.map(({ fd }) => fd)],
    });
    this.#tellOf(events);
    // Without a free descriptor there is no channel, and the error is still to come.
    if (this.#child.connected) this.#sendStart(listeners);
  }

  #tellOf(events: WorkerEvents): void {
    this.#child.on('message', (received: unknown, connection: unknown) => {
      const message = ownMessage(received);
      if (message === undefined) return;
      this.#lastMessageAtMs = performance.now();
      if (message.kind === 'standstill') this.#mayBeSilent = true;
      if (message.kind === 'heartbeat') this.#mayBeSilent = message.isInspected;
      events.message(this, message, connection as ConnectionHandle | undefined);
    });
    this.#child.on('disconnect', () => (this.#channelLostAtMs = performance.now()));
    // Unlike `exit` it comes after the last message.
    this.#child.on('close', (code, signal) => {
      if (this.pid !== undefined) events.exit(this, signal ?? `exit code ${code}`);
    });
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

  /** It has the listening sockets, and accepts nothing on them: not yet, or never as it was told to end. */
  get isDeaf(): boolean {
    return this.#readyAtMs === Infinity;
  }

  /** It asked to be replaced, and its turn has come. */
  get isRetiring(): boolean {
    return performance.now() >= this.#retiresAtMs;
  }

  /** A signal that ends it, and that may have come from elsewhere. */
  get signalledBy(): NodeJS.Signals | undefined {
    return this.#signalledBy;
  }

  /** As it told itself when it exited, else as its last heartbeat had it. */
  get cut(): Cut {
    return this.#cut ?? { count: this.#gauges.requestsInFlight, requests: undefined };
  }

  /** 0 before its first heartbeat. */
  get memoryBytes(): number {
    return this.#gauges.memoryBytes;
  }

  /** As of its last heartbeat, and what it has adopted since. */
  get connections(): number {
    return this.#gauges.connections;
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
    const timeout = this.#mayBeSilent ? 0 : this.generation.config.timeout;
    if (timeout > 0 && this.silentMs > (timeout + SILENCE_MARGIN_SECONDS) * 1000) {
      return this.#state === 'starting' ? 'is not ready in time' : 'is stuck';
    }
    return performance.now() > this.#endsByMs ? 'does not finish' : undefined;
  }

  markReady(): void {
    this.#readyAtMs = performance.now();
    // By now it has requests, whatever it was told meanwhile.
    if (this.#state === 'draining') this.markLeaving();
    else this.#state = 'ready';
  }

  markBeating(gauges: Gauges): void {
    this.#gauges = gauges;
  }

  markExiting(cut: Cut): void {
    this.#cut = cut;
  }

  retireIn(ms: number): void {
    this.#retiresAtMs = performance.now() + ms;
  }

  markSignalled(signal: NodeJS.Signals): void {
    this.#signalledBy = signal;
  }

  /** It finishes the requests in flight, and serves no others. */
  markLeaving(): void {
    this.#leaveWithin(this.generation.config.gracefulTimeout * 1000);
  }

  /**
   * Lets it finish the requests in flight.
   *
   * @param handsOver connections whose end cannot be told go to other workers.
   */
  drain(handsOver = false): void {
    if (this.#state === 'draining') return;
    if (this.#state === 'starting') this.#leaveWithin(START_BREAK_MS);
    else this.markLeaving();
    this.#order({ kind: 'drain', handsOver });
  }

  /** Hands it a connection of the control socket, to answer there. */
  inspect(inspection: Inspection, client: Socket): void {
    this.#order(inspection, client, (error) => {
      if (error !== null) client.destroy();
    });
  }

  /** Has it go on with a connection of another worker. */
  adopt(connection: ConnectionHandle, address: Address): void {
    this.#gauges = { ...this.#gauges, connections: this.#gauges.connections + 1 };
    // Sent or not, here it is closed: what is on its way is open.
    this.#order({ kind: 'adopt', address }, connection as unknown as Socket, () =>
      connection.close(),
    );
  }

  #order(order: Order, handle?: SendHandle, onSent?: (error: Error | null) => void): void {
    const envelope: Envelope<Order> = { gateway: order };
    // Where the channel is lost, its exit is reported.
    this.#child.send(envelope, handle, onSent ?? ignoreLostChannel);
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

/** A worker that died before it read a message is reported by its exit; one that lost its channel ends by itself. */
function ignoreLostChannel(): void {}
