import type { Socket } from 'node:net';
import { ExitCode } from '../errors.ts';
import { runHook, type ArbiterView, type ServerHooks } from '../hooks.ts';
import { sum } from '../metrics/durations.ts';
import { Ledger } from '../metrics/ledger.ts';
import type { Report } from '../metrics/report.ts';
import type { Log } from '../log/log.ts';
import type { ConnectionHandle, Inspection, Listener, WorkerMessage } from '../messages.ts';
import type { Address } from '../settings/addresses.ts';
import type { Config } from '../settings/catalogue.ts';
import type { LoadedConfig } from '../settings/config.ts';
import type { Retirement } from '../worker/retirement.ts';
import { OomKills, shortageFor } from './memory.ts';
import { RespawnDelay } from './respawn-delay.ts';
import { StandIn } from './stand-in.ts';
import { WorkerLog } from './worker-log.ts';
import { WorkerProcess, type Generation } from './worker-process.ts';

/** A worker that ends so soon after it was ready will hardly do better next time. */
const SHORT_LIFE_MS = 500;
/** What ends the whole process group reaches workers first, often: the arbiter waits for its own. */
const GROUP_SIGNAL_MS = 100;
/** A worker without its channel takes the arbiter for gone; at an exit it is lost for a moment. */
const CHANNEL_LOST_MS = 250;

/** What a pool asks of the arbiter, and tells it. */
export interface PoolOwner {
  /** Queues what is to be done about something that happened. */
  queue(act: () => void): void;
  /** The first workers could not start, and none has served. */
  cannotServe(exitCode: number): void;
}

/** The worker processes: how many there should be, bringing them to it, and what becomes of each. */
export class WorkerPool {
  readonly #listeners: readonly Listener[];
  readonly #hooks: ServerHooks;
  readonly #log: Log;
  readonly #owner: PoolOwner;
  readonly #ledger = new Ledger();
  readonly #workerLog: WorkerLog;
  readonly #workers = new Set<WorkerProcess>();
  readonly #respawnDelay = new RespawnDelay();
  readonly #retireDelay = new RespawnDelay();
  readonly #oomKills = new OomKills();
  readonly #standIn: StandIn;
  #current: Generation;
  /** The last one of which a worker became ready: what a reload that fails goes back to. */
  #proven: Generation;
  #lastGeneration = 1;
  #lastNumber = 0;
  #hasServed = false;
  #isStopping = false;

  constructor(
    { config, hooks }: Pick<LoadedConfig, 'config' | 'hooks'>,
    listeners: readonly Listener[],
    log: Log,
    owner: PoolOwner,
  ) {
    this.#current = { number: this.#lastGeneration, config, target: config.workers };
    this.#proven = this.#current;
    this.#listeners = listeners;
    this.#hooks = hooks;
    this.#log = log;
    this.#owner = owner;
    this.#workerLog = new WorkerLog(log, this.#ledger.restarts);
    this.#standIn = new StandIn(listeners, log, this.#ledger, (act) => owner.queue(act));
  }

  get config(): Config {
    return this.#current.config;
  }

  /** The arbiter, as its hooks see it. */
  get view(): ArbiterView {
    return { pid: process.pid, config: this.config, log: this.#log };
  }

  /** How many workers should serve. */
  get target(): number {
    return this.#current.target;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** A worker of the newest generation has become ready, or that has been given up. */
  get isProven(): boolean {
    return this.#hasServed && this.#current === this.#proven;
  }

  /** It was stopped, and all workers have exited. */
  get hasEnded(): boolean {
    return this.#isStopping && this.#workers.size === 0 && this.#standIn.isGone;
  }

  report(gateway: Pick<Report, 'applicationName' | 'addresses'>): Report {
    return this.#ledger.report({ ...gateway, workersWanted: this.target }, [...this.#workers]);
  }

  /** One worker more, if there is memory for it. */
  grow(): void {
    const known = [...this.#workers].map(({ memoryBytes }) => memoryBytes).filter(Boolean);
    const workerBytes = sum(known) / known.length || process.memoryUsage.rss();
    const shortage = shortageFor(this.target + 1, workerBytes);
    if (shortage === undefined) this.setTarget(this.target + 1);
    else this.#log.warn(`no worker is added: ${shortage}`);
  }

  /** Hands a connection over to a worker, which answers there; gives what is wrong where it cannot. */
  inspect(number: number, inspection: Inspection, client: Socket): string | undefined {
    const worker = [...this.#workers].find((one) => one.number === number);
    if (worker === undefined) return `there is no worker ${number}: gateway stats lists them`;
    if (worker.state === 'starting') return `worker ${number} is not ready yet`;
    worker.inspect(inspection, client);
    return undefined;
  }

  setTarget(workers: number): void {
    const before = this.target;
    this.#current.target = workers;
    this.#proven.target = workers;
    this.#tellTarget(before);
  }

  /**
   * From now on workers are of a new generation, with these settings. `balance` brings it in: where its
   * first worker cannot start, all stays as it was.
   */
  reload(config: Config): void {
    this.#lastGeneration += 1;
    const isKept = config.workers === this.config.workers && this.target > 0;
    const target = isKept ? this.target : config.workers;
    this.#respawnDelay.reset();
    this.#retireDelay.reset();
    this.#switchTo({ number: this.#lastGeneration, config, target });
  }

  #switchTo(generation: Generation): void {
    const before = this.target;
    this.#current = generation;
    this.#tellTarget(before);
  }

  #tellTarget(before: number): void {
    if (before === this.target) return;
    void runHook(this.#log, this.#hooks, 'nworkersChanged', this.view, this.target, before);
  }

  /** No worker is started any more, and those that are there end. */
  stop(how: 'drain' | 'quit'): void {
    this.#isStopping = true;
    this.#standIn.stop(how);
    for (const worker of this.#workers) if (how === 'quit' || worker.isDeaf) worker[how]();
    this.#drainRest();
  }

  /**
   * Last go those that accept. Once they have closed the sockets, whoever comes would wait in the backlog
   * of one that is deaf, and be cut when it exits.
   */
  #drainRest(): void {
    if (this.#standIn.isDeaf || [...this.#workers].some(({ isDeaf }) => isDeaf)) return;
    for (const worker of this.#workers) worker.drain();
  }

  /**
   * Brings the workers to what they should be. Those of an older generation, and those that are due to
   * retire, go one by one, each only once a new one is ready; so the first new one is a canary.
   */
  balance(): void {
    if (this.#isStopping) return this.#drainRest();
    const serving = [...this.#workers].filter(({ state }) => state !== 'draining');
    const outdated = serving.filter((worker) => this.#isOutdated(worker));
    const fresh = serving.filter((worker) => !this.#isOutdated(worker));

    const missing = this.target - fresh.length;
    const starting = fresh.filter(({ state }) => state === 'starting').length;
    const startable = outdated.length > 0 ? Math.min(missing, 1 - starting) : missing;
    for (let n = 0; n < startable && this.#respawnDelay.isOver(); n++) this.#start();

    // The canary of a reload that another one has overtaken.
    for (const worker of outdated) if (worker.state === 'starting') worker.drain();
    const ready = [...outdated, ...fresh].filter(({ state }) => state === 'ready');
    this.#standIn.balance(ready.length > 0, this.config);
    // Until a canary is ready, nobody knows that fewer will do.
    const needed = Math.max(this.target, this.isProven ? 0 : this.#proven.target);
    const surplus = ready.slice(0, Math.max(0, ready.length - needed));
    for (const worker of surplus) worker.drain(needed > 0);
  }

  #isOutdated(worker: WorkerProcess): boolean {
    return worker.isRetiring || worker.generation !== this.#current;
  }

  #start(): void {
    this.#lastNumber += 1;
    void runHook(this.#log, this.#hooks, 'preFork', this.view, this.#lastNumber);
    try {
      const worker = new WorkerProcess(this.#lastNumber, this.#current, this.#listeners, {
        message: (...told) => this.#owner.queue(() => this.#onMessage(...told)),
        exit: (dead, how) => this.#owner.queue(() => this.#onExit(dead, how)),
      });
      this.#workers.add(worker);
    } catch (error) {
      this.#log.fatal({ err: error }, `worker ${this.#lastNumber} could not start`);
      this.#respawnDelay.grow();
    }
  }

  #onMessage(worker: WorkerProcess, message: WorkerMessage, connection?: ConnectionHandle): void {
    switch (message.kind) {
      case 'ready':
        return this.#onReady(worker);
      case 'handover':
        return this.#passOn(connection, message.address);
      case 'failed':
        return this.#onFailedStart(worker, message.reason, message.exitCode);
      case 'leaving':
        return this.#onLeaving(worker, message.reason);
      case 'signalled':
        worker.markSignalled(message.signal);
        setTimeout(() => this.#owner.queue(() => this.#onSignalled(worker)), GROUP_SIGNAL_MS);
        return;
      case 'retire':
        return this.#onDue(worker, message);
      case 'standstill':
        return;
      case 'heartbeat':
        worker.markBeating(message.metrics);
        return this.#ledger.book(worker, message.metrics);
      case 'exiting':
        return worker.markExiting({ count: message.cutRequests, requests: message.requests });
    }
  }

  #onReady(worker: WorkerProcess): void {
    worker.markReady();
    if (worker.state !== 'ready') return;
    this.#proven = worker.generation;
    this.#hasServed = true;
    this.#workerLog.ready(worker);
  }

  /** To the worker that has the fewest; where all are about to end, it ends too. */
  #passOn(connection: ConnectionHandle | undefined, address: Address): void {
    const [heir] = [...this.#workers]
      .filter((worker) => worker.state === 'ready' && !this.#isOutdated(worker))
      .toSorted((one, other) => one.connections - other.connections);
    if (connection === undefined || heir === undefined) connection?.close();
    else heir.adopt(connection, address);
  }

  /** Told once for each worker: by its message, or by its exit where it could not send one. */
  #onFailedStart(worker: WorkerProcess, reason: string, exitCode: number): void {
    if (worker.state !== 'starting') return;
    worker.markLeaving();
    this.#respawnDelay.grow();
    if (this.#isStopping) return;
    this.#workerLog.couldNotStart(worker, reason);
    if (!this.#hasServed) return this.#owner.cannotServe(exitCode);
    if (this.#current === this.#proven) return;
    this.#switchTo(this.#proven);
    this.#log.error('reload given up: workers and settings from before stay');
  }

  /** Where the next one will fare no better, one goes after the other, and less and less often. */
  #onDue(worker: WorkerProcess, retirement: Retirement): void {
    this.#workerLog.due(worker, retirement);
    worker.retireIn(retirement.remedy === undefined ? 0 : this.#retireDelay.takeTurn());
  }

  /** Not asked to by the arbiter; another one starts while it finishes. */
  #onLeaving(worker: WorkerProcess, reason: string): void {
    if (worker.state !== 'ready') return;
    this.#delayAfter(worker);
    worker.markLeaving();
    this.#workerLog.leaves(worker, reason);
  }

  /** Somebody else ends this worker, unless the signal was for all. */
  #onSignalled(worker: WorkerProcess): void {
    if (worker.signalledBy !== undefined) this.#onLeaving(worker, worker.signalledBy);
  }

  #onExit(worker: WorkerProcess, exit: string): void {
    const isOutOfMemory = exit === 'SIGKILL' && this.#oomKills.take();
    const how = isOutOfMemory ? `${exit}, as the container ran out of memory` : exit;
    this.#onSignalled(worker);
    this.#workers.delete(worker);
    const { number, pid = 0 } = worker;
    void runHook(this.#log, this.#hooks, 'childExit', this.view, { number, pid });
    switch (worker.state) {
      case 'starting':
        return this.#onFailedStart(worker, worker.signalledBy ?? how, ExitCode.application);
      case 'ready':
        this.#delayAfter(worker);
        return this.#workerLog.died(worker, how);
      case 'draining': {
        const isOlder = worker.generation.number < this.#current.number;
        const madeWay = isOlder && !worker.isRetiring;
        return this.#workerLog.exited(worker, how, { madeWay });
      }
    }
  }

  /** A worker that ends unasked is replaced at once, unless it hardly served. */
  #delayAfter(worker: WorkerProcess): void {
    if (worker.readyMs < SHORT_LIFE_MS) this.#respawnDelay.grow();
  }

  /** Ends workers that have been silent, or finishing, for too long. */
  watch(): void {
    this.#oomKills.look();
    this.#standIn.watch();
    for (const worker of this.#workers) {
      const { overdue } = worker;
      if (overdue !== undefined) {
        this.#workerLog.killed(worker, overdue);
        worker.kill();
      }
      if (worker.channelLostMs > CHANNEL_LOST_MS) this.#onLeaving(worker, 'its channel was closed');
    }
  }
}
