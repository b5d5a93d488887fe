import { once } from 'node:events';
import { loadApplication } from '../application.ts';
import { ExitCode, exitCodeOf, explain } from '../errors.ts';
import { closeAtExit, runHook, type ServerHooks, type WorkerView } from '../hooks.ts';
import { openLog, type Log } from '../log/log.ts';
import type { Envelope, StartMessage, WorkerMessage } from '../messages.ts';
import { residentBytes } from '../metrics/meter.ts';
import { nameProcess } from '../process.ts';
import type { Config } from '../settings/catalogue.ts';
import { readConfigFile } from '../settings/config-file.ts';
import { openAccessLog } from './access-log.ts';
import { Outbox } from './client-socket.ts';
import { Server } from './server.ts';
import { makeService, requestLimit, type ServerState } from './service.ts';
import { Watchdog, type RequestInFlight } from './watchdog.ts';

const HEARTBEAT_MS = 1000;
const MEBIBYTE = 1024 * 1024;

/** A worker process, from the arbiter's first message to its exit. */
async function main(): Promise<void> {
  heedOnlyArbiter();
  outliveOutput();
  const [message] = (await once(process, 'message')) as [StartMessage];
  const { number, config, listeners } = message;
  nameProcess(config, `worker ${number}`);
  const log = openLog(config);
  const view: WorkerView = { number, pid: process.pid, config, log };
  const { hooks } = await readConfigFile(config.configFile);
  await hooks.postFork?.(view);
  const watchdog = new Watchdog();
  stopAtOnce(hooks, view, watchdog);
  if (config.timeout > 0) watchdog.start(view, process.ppid);
  const outbox = new Outbox();
  const accessLog = openAccessLog(config, () => outbox.flush());
  const application = await loadApplication(config.applicationName);
  closeAtExit(application, hooks);
  await hooks.postWorkerInit?.(view);
  const service = makeService(application, view, hooks, accessLog, outbox);
  const server = new Server(service);
  watchdog.requestsInFlight = () => server.requestsInFlight();
  finishOnRequest(server, config, log);
  for (const { fd, address } of listeners) await server.listen({ fd }, address, config.backlog);
  beat(server, service.state, config);
  tell({ kind: 'ready' });
}

/** Tells the arbiter that the loop turns, with the metrics, and when the worker is due to be replaced. */
function beat(server: Server, state: ServerState, config: Config): void {
  let hasAsked = false;
  const retire = (reason: string): void => {
    if (!hasAsked) tell({ kind: 'retire', reason });
    hasAsked = true;
  };
  const requests = requestLimit(config);
  state.onceServed(requests, () => retire(`it has served ${requests} requests`));
  const isDue = dutyToRetire(config);
  setInterval(() => {
    tell(heartbeat(server));
    const reason = isDue();
    if (reason !== undefined) retire(reason);
  }, HEARTBEAT_MS).unref();
}

function heartbeat(server: Server): WorkerMessage {
  return { kind: 'heartbeat', metrics: server.takeMetrics() };
}

/** The function that it makes says why the worker should be replaced; to be called now and then. */
function dutyToRetire({ maxWorkerMemory, maxWorkerLifetime }: Config): () => string | undefined {
  const startedAtMs = performance.now();
  return () => {
    if (maxWorkerLifetime > 0 && performance.now() - startedAtMs >= maxWorkerLifetime * 1000) {
      return `it is ${maxWorkerLifetime} s old`;
    }
    const memory = maxWorkerMemory > 0 ? Math.round(residentBytes() / MEBIBYTE) : 0;
    return memory > maxWorkerMemory ? `it takes ${memory} MiB of memory` : undefined;
  };
}

/** TERM, a vanished arbiter and an uncaught error all end a worker the same polite way. */
function finishOnRequest(server: Server, config: Config, log: Log): void {
  let isFinishing = false;
  const finish = (exitCode: number, message: WorkerMessage): void => {
    if (isFinishing) return;
    isFinishing = true;
    tell(message);
    setTimeout(() => {
      tellCut(log, server.requestsInFlight(), `after ${config.gracefulTimeout} s`);
      process.exit(exitCode);
    }, config.gracefulTimeout * 1000);
    // The requests since the last heartbeat are to be counted too.
    void server.drain().then(() => tell(heartbeat(server), () => process.exit(exitCode)));
  };
  process.on('SIGTERM', (signal) => finish(ExitCode.ok, { kind: 'signalled', signal }));
  process.on('disconnect', () => {
    log.error('the arbiter has gone: finishing the requests in flight, then exiting');
    finish(ExitCode.failure, { kind: 'leaving', reason: 'the arbiter has gone' });
  });
  process.on('uncaughtException', (error) => {
    finish(ExitCode.failure, { kind: 'leaving', reason: 'an uncaught error' });
    tellUncaught(log, error);
  });
}

function tellCut(log: Log, requests: readonly RequestInFlight[], why: string): void {
  if (requests.length > 0) log.warn({ requests }, `${requests.length} requests cut ${why}`);
}

/** To look at an error may itself throw, and what throws here ends the process at once. */
function tellUncaught(log: Log, error: unknown): void {
  const what = 'uncaught error: finishing the requests in flight, then exiting';
  try {
    log.fatal({ err: error }, what);
  } catch {
    log.fatal(what);
  }
}

function stopAtOnce(hooks: ServerHooks, view: WorkerView, watchdog: Watchdog): void {
  const { log } = view;
  process.on('exit', () => void runHook(log, hooks, 'workerExit', view));
  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (isStopping) return;
    isStopping = true;
    tellCut(log, watchdog.requestsInFlight(), `by ${signal}`);
    void runHook(log, hooks, 'workerInt', view);
    tell({ kind: 'signalled', signal }, () => process.exit(ExitCode.ok));
  };
  process.on('SIGINT', stop).on('SIGQUIT', stop);
  process.on('SIGABRT', () => {
    void runHook(log, hooks, 'workerAbort', view);
    process.exit(ExitCode.failure);
  });
}

/** What is meant for the arbiter alone may reach the whole process group. */
function heedOnlyArbiter(): void {
  // With no handler Node would open its inspector on USR1.
  for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGTTIN', 'SIGTTOU'] as const) {
    process.on(signal, ignore);
  }
}

/** What an application prints may meet a full disk, or nobody who reads it. */
function outliveOutput(): void {
  process.stdout.on('error', ignore);
  process.stderr.on('error', ignore);
}

function ignore(): void {}

/** Where the arbiter has gone there is nobody to tell, and what is to come then comes at once. */
function tell(message: WorkerMessage, then: () => void = ignore): void {
  const envelope: Envelope = { gateway: message };
  process.send?.(envelope, undefined, undefined, then);
}

function fail(error: unknown): void {
  const exitCode = exitCodeOf(error);
  tell({ kind: 'failed', exitCode, reason: explain(error) }, () => process.exit(exitCode));
}

main().catch(fail);
