import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Report } from '../../src/metrics/report.ts';
import { temporaryFolder } from '../../../wsgi/test/temporary-folder.ts';
import { GatewayProcess } from '../gateway-process.ts';

export type Observed = Awaited<ReturnType<typeof GatewayProcess.start>> & {
  readonly socketPath: string;
};

/** A gateway with a control socket of its own. */
export async function observed(application: string, ...args: string[]): Promise<Observed> {
  const socketPath = join(temporaryFolder(), 'control');
  const gateway = await GatewayProcess.start(application, '--control-socket', socketPath, ...args);
  return Object.assign(gateway, { socketPath });
}

/** Says something at a control socket, and gives what comes until the end. */
export async function say(path: string, words: string): Promise<string> {
  const socket = open(path);
  socket.write(words);
  return text(socket);
}

/** A client that goes when the gateway goes. */
export function open(path: string): Socket {
  return connect({ path }).on('error', () => undefined);
}

/** Also by an error: one that floods may be reset. `once` would reject for it. */
export async function untilClosed(client: Socket): Promise<void> {
  if (client.closed) return;
  await new Promise((resolve) => client.resume().once('close', resolve));
}

export async function reportOf({ socketPath }: Observed): Promise<Report> {
  return JSON.parse(await say(socketPath, 'stats\n')) as Report;
}

/** So many requests, one after the other. */
export async function get(gateway: Observed, path: string, times = 1): Promise<void> {
  for (let n = 0; n < times; n++) {
    const response = await fetch(`http://127.0.0.1:${gateway.port}${path}`);
    await response.text();
  }
}
