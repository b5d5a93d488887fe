import { loadApplication } from '../application.ts';
import { watchLoading } from '../early-end.ts';
import { ApplicationError, ExitCode, exitCodeOf, explain } from '../errors.ts';
import { closeAtExit, type ServerHooks, type WorkerView } from '../hooks.ts';
import { openLog } from '../log/log.ts';
import type { Listener, WorkerMessage } from '../messages.ts';
import { nameProcess } from '../process.ts';
import type { Config } from '../settings/catalogue.ts';
import { readConfigFile } from '../settings/config-file.ts';
import { openAccessLog } from './access-log.ts';
import { startMessage, tell, whenHandedOver, whenToldToDrain } from './channel.ts';
import { Outbox } from './client-socket.ts';
import { Ending } from './ending.ts';
import { heedInspections } from './inspection.ts';
import { isInspected, openInspector } from './inspector.ts';
import { dutyToRetire, type Retirement } from './retirement.ts';
import { Server } from './server.ts';
import { makeService, requestLimit, type ServerState } from './service.ts';
import { Watchdog } from './watchdog.ts';

const HEARTBEAT_MS = 1000;

/** A worker process, from the arbiter's first message to its exit. */
async function main(): Promise<void> {
  heedOnlyArbiter();
  outliveOutput();
  const { number, config, listeners } = await startMessage();
  let drain: (handsOver: boolean) => void = exit;
  whenToldToDrain((handsOver) => drain(handsOver));
  nameProcess(config, `worker ${number}`);
  const log = openLog(config).child({ worker: number });
  const view: WorkerView = { number, pid: process.pid, config, log };
  await openInspector(config.inspect, log);
  const { hooks } = await readConfigFile(config.configFile);
  await hooks.postFork?.(view);
  const ending = new Ending(view, hooks);
  drain = (handsOver) => void ending.end(ExitCode.ok, { handsOver });
  await serve(view, hooks, listeners, ending).catch((error: unknown) => {
    void ending.end(exitCodeOf(error), { message: failure(error) });
  });
}

async function serve(
  view: WorkerView,
  hooks: ServerHooks,
  listeners: readonly Listener[],
  ending: Ending,
): Promise<void> {
  const { config } = view;
  const watchdog = new Watchdog();
  if (config.timeout > 0) watchdog.start(view, process.ppid);
  const outbox = new Outbox();
  const accessLog = openAccessLog(config, view.number, () => outbox.flush());
  const application = await loadApplication(config.applicationName);
  closeAtExit(application, hooks);
  await hooks.postWorkerInit?.(view);
  const service = makeService(application, view, hooks, accessLog, outbox);
  const server = new Server(service);
  watchdog.requestsInFlight = () => server.requestsInFlight();
  ending.finishFirst(server);
  heedInspections(view.log, (act) => {
    void tell({ kind: 'standstill' });
    return watchdog.standStill(act);
  });
  whenHandedOver((connection, address) => server.adopt(connection, address));
  for (const { fd, address } of listeners) await server.listen({ fd }, address, config.backlog);
  beat(server, service.state, config);
  void tell({ kind: 'ready' });
}

/** Tells the arbiter that the loop turns, with the metrics, and when the worker is due to be replaced. */
function beat(server: Server, state: ServerState, config: Config): void {
  let hasAsked = false;
  const retire = (retirement: Retirement): void => {
    if (!hasAsked) void tell({ kind: 'retire', ...retirement });
    hasAsked = true;
  };
  const requests = requestLimit(config);
  state.onceServed(requests, () => retire({ reason: `it has served ${requests} requests` }));
  const isDue = dutyToRetire(config);
  setInterval(() => {
    void tell({ kind: 'heartbeat', metrics: server.takeMetrics(), isInspected: isInspected() });
    const retirement = isDue();
    if (retirement !== undefined) retire(retirement);
  }, HEARTBEAT_MS).unref();
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

/** It has done nothing yet that there would be to finish. */
function exit(): void {
  process.exit(ExitCode.ok);
}

/** It cannot serve. */
function failure(error: unknown): WorkerMessage {
  return { kind: 'failed', exitCode: exitCodeOf(error), reason: explain(error) };
}

async function fail(error: unknown): Promise<void> {
  const exitCode = exitCodeOf(error);
  process.exitCode = exitCode;
  await tell(failure(error));
  process.exit(exitCode);
}

watchLoading(main(), (why) => void fail(new ApplicationError(3, why))).catch(fail);
