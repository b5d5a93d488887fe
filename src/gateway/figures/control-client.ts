import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { ConfigError, messageOf } from '../errors.ts';
import { DEFAULT_CONTROL_SOCKET } from '../settings/catalogue.ts';
import { defaultControlSockets } from './control-socket-path.ts';
import type { Report } from './report.ts';

const PATIENCE_MS = 3000;

/** Of the commands that ask. */
export const SOCKET_OPTION = { socket: { type: 'string', short: 's' } } as const;

/**
 * Asks the gateway at a control socket, else the one that runs under this user.
 *
 * @throws {ConfigError} where none answers, or more than one.
 */
export async function askGateway(socketPath: string | undefined): Promise<Report> {
  if (socketPath !== undefined) return ask(socketPath);
  const asked = defaultControlSockets().map(async (path) => ({ path, report: await ask(path) }));
  const settled = await Promise.allSettled(asked);
  const answered = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const [first, second] = answered;
  if (first === undefined) throw noGateway();
  if (second === undefined) return first.report;
  const known = answered.map(({ path, report }) => `  ${path}  ${report.applicationName}`);
  throw new ConfigError(`Several gateways run here: name one by --socket.\n${known.join('\n')}`);
}

async function ask(path: string): Promise<Report> {
  const socket = connect({ path });
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('it takes too long')));
  socket.write('stats\n');
  try {
    return JSON.parse(await text(socket)) as Report;
  } catch (error) {
    throw new ConfigError(`No gateway answers at ${path}: ${messageOf(error)}.`, { cause: error });
  }
}

function noGateway(): ConfigError {
  const place = DEFAULT_CONTROL_SOCKET.replace('{pid}', '*');
  return new ConfigError(
    `No gateway answers at ${place}. Is one running, under this user? --socket names another place.`,
  );
}
