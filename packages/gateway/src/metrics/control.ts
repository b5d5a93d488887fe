import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, lstatSync, readdirSync, rmSync, type Stats } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ConfigError, messageOf } from '../errors.ts';
import type { Log } from '../log/log.ts';
import { DEFAULT_CONTROL_SOCKET } from '../settings/catalogue.ts';
import { rememberFile, removeStaleSocket } from '../arbiter/listener.ts';
import type { Report } from './report.ts';

const DEFAULT_NAME = /^gateway-\d+(?:-[0-9a-f]+)?\.sock$/;
/** For the line to come, and the answer to be taken. */
const CONVERSATION_MS = 5000;
const ANSWER_MS = 3000;
const CLIENTS_MAX = 16;
const LINE_BYTES_MAX = 100;
/** Only the owner may connect (unix(7), "Pathname socket ownership and permissions"). */
const UMASK_OF_0600 = 0o177;

/**
 * Answers on a unix socket, unless the setting is `none`: one line with a command, one line of JSON
 * back. The gateway serves without it where the socket cannot be made.
 */
export async function openControlSocket(
  setting: string,
  log: Log,
  report: () => Report,
): Promise<void> {
  if (setting === 'none') return;
  const server = createServer((socket) => converse(socket, report));
  server.maxConnections = CLIENTS_MAX;
  for (const left of defaultSockets()) await removeStaleSocket(left).catch(() => undefined);
  const path = await listenSomewhere(server, placesFor(setting), log);
  if (path === undefined) return;
  const isThere = rememberFile(path);
  process.on('exit', () => {
    if (isThere()) rmSync(path, { force: true });
  });
  server.on('error', (error) => log.warn({ err: error }, 'the control socket cannot accept'));
}

/** In a folder that everyone writes in, the name may be taken: then it is one that nobody foresees. */
function placesFor(setting: string): string[] {
  const path = setting.replaceAll('{pid}', String(process.pid));
  const spare = path.replace(/\.sock$/, `-${randomBytes(8).toString('hex')}.sock`);
  return setting === DEFAULT_CONTROL_SOCKET ? [path, spare] : [path];
}

/** The first of the places where it could be made. */
async function listenSomewhere(
  server: Server,
  [path, ...others]: readonly string[],
  log: Log,
): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    await removeStaleSocket(path);
    await listenGuarded(server, path);
    return path;
  } catch (error) {
    log.warn({ err: error }, `there is no control socket at ${path}`);
    return listenSomewhere(server, others, log);
  }
}

/** The file is made within `listen`, so that the mask holds for it alone. */
async function listenGuarded(server: Server, path: string): Promise<void> {
  const umask = process.umask(UMASK_OF_0600);
  try {
    server.listen(path);
  } finally {
    process.umask(umask);
  }
  await once(server, 'listening');
}

function converse(socket: Socket, report: () => Report): void {
  let received = '';
  socket.setEncoding('latin1');
  socket.setTimeout(CONVERSATION_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (part) => {
    received += String(part);
    const end = received.indexOf('\n');
    if (end === -1 && received.length <= LINE_BYTES_MAX) return;
    socket.removeAllListeners('data');
    const isKnown = received.slice(0, end) === 'stats';
    const answer = isKnown ? report() : { error: "unknown command: expected 'stats'" };
    socket.end(`${JSON.stringify(answer)}\n`, () => socket.destroy());
  });
}

/** Of the commands that ask. */
export const SOCKET_OPTION = { socket: { type: 'string', short: 's' } } as const;

/**
 * Asks the gateway at a control socket, else the one that runs under this user.
 *
 * @throws {ConfigError} where none answers, or more than one.
 */
export async function askGateway(socketPath: string | undefined): Promise<Report> {
  if (socketPath !== undefined) return ask(socketPath);
  const asked = defaultSockets().map(async (path) => ({ path, report: await ask(path) }));
  const settled = await Promise.allSettled(asked);
  const answered = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const [first, second] = answered;
  if (first === undefined) {
    throw new ConfigError(
      `No gateway answers at ${DEFAULT_CONTROL_SOCKET.replace('{pid}', '*')}. Is one running, under this user? --socket names another place.`,
    );
  }
  if (second === undefined) return first.report;
  const known = answered.map(({ path, report }) => `  ${path}  ${report.applicationName}`);
  throw new ConfigError(`Several gateways run here: name one by --socket.\n${known.join('\n')}`);
}

async function ask(path: string): Promise<Report> {
  refuseForeign(path);
  const socket = connect({ path });
  socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error('it takes too long')));
  socket.write('stats\n');
  try {
    return JSON.parse(await text(socket)) as Report;
  } catch (error) {
    throw new ConfigError(`No gateway answers at ${path}: ${messageOf(error)}.`, { cause: error });
  }
}

/** What somebody else answers is not to be believed, nor to be shown on this terminal. */
function refuseForeign(path: string): void {
  const file = lstatSync(path, { throwIfNoEntry: false });
  if (file === undefined || isOwnSocket(file)) return;
  const what = file.isSocket() ? 'belongs to another user' : 'is no socket';
  throw new ConfigError(`No gateway is asked at ${path}: it ${what}.`);
}

function isOwnSocket(file: Stats): boolean {
  return file.isSocket() && file.uid === process.getuid?.();
}

/** Where the gateways of this user listen, or did. */
function defaultSockets(): string[] {
  const folder = tmpdir();
  // The one that TMPDIR names need not be there.
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const paths = names.filter((name) => DEFAULT_NAME.test(name)).map((name) => join(folder, name));
  return paths.filter((path) => {
    const file = lstatSync(path, { throwIfNoEntry: false });
    return file !== undefined && isOwnSocket(file);
  });
}
