import { BoundSocket } from 'node:net';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { AccessLog } from '../../src/worker/access-log.ts';
import { Networks, type ProtocolName } from '../../src/settings/addresses.ts';
import { Outbox } from '../../src/worker/client-socket.ts';
import { Server } from '../../src/worker/server.ts';
import { ServerState, type Service } from '../../src/worker/service.ts';
import type { Application } from '@wsgi/wsgi';
import { validator } from '@wsgi/wsgi/validator';

/** What the environs of a server have in common. */
export const ENVIRON: Service['environ'] = {
  software: 'gateway',
  scriptName: '',
  isMultiprocess: false,
  worker: { number: 1, pid: process.pid },
};

export interface Served {
  readonly port: number;
  /** Lines of the gateway's log. */
  readonly log: Record<string, unknown>[];
  /** Lines of the access log. */
  readonly access: Record<string, unknown>[];
  readonly server: Server;
  close(): Promise<void>;
}

/** The worker's server inside the test's own process. */
export async function serve(
  application: Application,
  changes: Partial<Service> = {},
  protocol: ProtocolName = 'http',
): Promise<Served> {
  const log: Record<string, unknown>[] = [];
  const access: Record<string, unknown>[] = [];
  const server = new Server({
    application,
    environ: ENVIRON,
    trustedPeers: new Networks([]),
    limits: { requestLineBytes: 4094, fieldCount: 100, fieldBytes: 8190, bodyBytes: 10_485_760 },
    timeouts: {
      headerMs: 10_000,
      bodyMs: 10_000,
      sendMs: 10_000,
      idleMs: 10_000,
      requestMs: Infinity,
      lingerMs: 10_000,
    },
    overload: { requestsInFlight: Infinity, loopDelayMs: Infinity },
    state: new ServerState(),
    projectMetrics: undefined,
    hooks: {},
    outbox: new Outbox(),
    log: pino({}, { write: (line: string) => log.push(JSON.parse(line)) }),
    accessLog: new AccessLog({ write: (line) => access.push(JSON.parse(line)) }, 1),
    ...changes,
  });
  const socket = new BoundSocket({ host: '127.0.0.1' });
  const { port } = socket.address();
  await server.listen(socket, { kind: 'tcp', host: '127.0.0.1', port, protocol }, 511);
  return { port, log, access, server, close: async () => server.stop() };
}

/** The same for one test, with the application held to the contract. */
export async function served(
  application: Application,
  changes: Partial<Service> = {},
  protocol: ProtocolName = 'http',
): Promise<Served> {
  const server = await serve(validator(application), changes, protocol);
  onTestFinished(() => server.close());
  return server;
}

/** These timeouts, and the others long. */
export function timeouts(changes: Partial<Service['timeouts']>): Partial<Service> {
  const long = 60_000;
  return {
    timeouts: {
      headerMs: long,
      bodyMs: long,
      sendMs: long,
      idleMs: long,
      requestMs: Infinity,
      lingerMs: long,
      ...changes,
    },
  };
}
