import { once } from 'node:events';
import { loadApplication } from '../application.ts';
import type { Config } from '../config.ts';
import { ExitCode, exitCodeOf, explain } from '../failure.ts';
import { openAccessLog, openLog, type Log } from '../log/log.ts';
import type { StartMessage, WorkerMessage } from '../messages.ts';
import { Networks } from '../settings/networks.ts';
import { Server } from './server.ts';
import { Watchdog, type WatchdogData } from './watchdog.ts';

const HEARTBEAT_MS = 1000;

/** A worker process, from the arbiter's first message to its exit. */
async function main(): Promise<void> {
  const [message] = (await once(process, 'message')) as [StartMessage];
  const { number, config, listeners } = message;
  process.title = `gateway: worker ${number} [${config.applicationName}]`;
  const log = openLog(config.loglevel);
  setInterval(() => tell({ kind: 'heartbeat' }), HEARTBEAT_MS).unref();
  stopAtOnceOn('SIGINT', 'SIGQUIT');
  const watchdog = new Watchdog();
  if (config.timeout > 0) watchdog.start(watchdogData(message));
  const server = await startServer(number, config, log);
  watchdog.requestsInFlight = () => server.requestsInFlight();
  drainOnRequest(server, config, log);
  for (const { fd, address } of listeners) await server.listen({ fd }, address, config.backlog);
  tell({ kind: 'ready' });
}

function watchdogData({ number, config }: StartMessage): Omit<WatchdogData, 'heartbeats'> {
  return {
    timeoutMs: config.timeout * 1000,
    arbiterPid: process.ppid,
    worker: { number, pid: process.pid },
    loglevel: config.loglevel,
  };
}

async function startServer(number: number, config: Config, log: Log): Promise<Server> {
  return new Server({
    application: await loadApplication(config.applicationName),
    facts: { worker: { number, pid: process.pid }, isMultiprocess: config.workers > 1 },
    trustedPeers: new Networks(config.forwardedAllowIps),
    limits: {
      requestLineBytes: config.limitRequestLine,
      fieldCount: config.limitRequestFields,
      fieldBytes: config.limitRequestFieldSize,
      bodyBytes: config.limitRequestBody,
    },
    timeouts: {
      headerMs: config.headerTimeout * 1000,
      bodyMs: config.bodyTimeout * 1000,
      sendMs: config.sendTimeout * 1000,
      idleMs: config.keepalive * 1000,
    },
    log,
    accessLog: openAccessLog(config),
  });
}

/** TERM, a vanished arbiter and an uncaught error all end a worker the same polite way. */
function drainOnRequest(server: Server, config: Config, log: Log): void {
  let isDraining = false;
  const drain = (exitCode: number): void => {
    if (isDraining) return;
    isDraining = true;
    setTimeout(() => {
      const requests = server.requestsInFlight();
      log.warn({ requests }, `${requests.length} requests cut after ${config.gracefulTimeout} s`);
      process.exit(exitCode);
    }, config.gracefulTimeout * 1000);
    void server.drain().then(() => process.exit(exitCode));
  };
  process.on('SIGTERM', () => drain(ExitCode.ok));
  process.on('disconnect', () => {
    log.error('the arbiter has gone: finishing the requests in flight, then exiting');
    drain(ExitCode.failure);
  });
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught error: finishing the requests in flight, then exiting');
    drain(ExitCode.failure);
  });
}

function stopAtOnceOn(...signals: NodeJS.Signals[]): void {
  for (const signal of signals) process.on(signal, () => process.exit(ExitCode.ok));
  // Without a handler Node would open its inspector.
  process.on('SIGUSR1', () => undefined);
}

function tell(message: WorkerMessage): void {
  // Where the arbiter has gone there is nobody to tell; 'disconnect' deals with that.
  process.send?.(message, undefined, undefined, () => undefined);
}

function fail(error: unknown): void {
  const exitCode = exitCodeOf(error);
  const message: WorkerMessage = { kind: 'failed', exitCode, reason: explain(error) };
  process.send?.(message, () => process.exit(exitCode));
}

main().catch(fail);
