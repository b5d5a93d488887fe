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
import { END_OF_FILE, type Inspection } from '../messages.ts';
import type { Report } from './report.ts';

const DEFAULT_NAME = /^gateway-\d+(?:-[0-9a-f]+)?\.sock$/;
/** For the line to come, and the answer to be taken. */
const CONVERSATION_MS = 5000;
const ANSWER_MS = 3000;
const CLIENTS_MAX = 16;
const LINE_BYTES_MAX = 100;
/** Only the owner may connect (unix(7), "Pathname socket ownership and permissions"). */
const UMASK_OF_0600 = 0o177;

/** What clients of the socket are answered by. */
export interface Answers {
  readonly report: () => Report;
  /** The arbiter's last warnings and errors, as lines of JSON. */
  readonly events: () => string;
  /** Hands the connection over to a worker; gives what is wrong where it cannot. */
  readonly inspect: (worker: number, inspection: Inspection, client: Socket) => string | undefined;
}

/**
 * Answers on a unix socket, unless the setting is `none`: one line with a command, then lines of JSON
 * back, or a file of a worker. The gateway serves without it where the socket cannot be made.
 */
export async function openControlSocket(
  setting: string,
  log: Log,
  answers: Answers,
): Promise<void> {
  if (setting === 'none') return;
  const server = createServer((socket) => converse(socket, answers));
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

function converse(socket: Socket, answers: Answers): void {
  let received = '';
  socket.setEncoding('latin1');
  socket.setTimeout(CONVERSATION_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (part) => {
    received += String(part);
    const end = received.indexOf('\n');
    if (end === -1 && received.length <= LINE_BYTES_MAX) return;
    socket.removeAllListeners('data');
    answer(socket, received.slice(0, end), answers);
  });
}

function answer(socket: Socket, line: string, { report, events, inspect }: Answers): void {
  const request = inspectionIn(line);
  if (request === undefined) {
    const told = line === 'stats' ? report() : { error: UNKNOWN };
    const lines = line === 'events' ? events() : `${JSON.stringify(told)}\n`;
    socket.end(lines, () => socket.destroy());
    return;
  }
  const problem = inspect(...request, socket.pause());
  if (problem !== undefined) socket.end(END_OF_FILE + problem, () => socket.destroy());
}

const UNKNOWN =
  "unknown command: expected 'stats', 'events', 'profile WORKER SECONDS' or 'heap WORKER'";
const PROFILE = /^profile (\d{1,9}) (\d{1,4})$/;
const HEAP = /^heap (\d{1,9})$/;

function inspectionIn(line: string): [worker: number, inspection: Inspection] | undefined {
  const [, profiled, seconds] = PROFILE.exec(line) ?? [];
  if (profiled !== undefined) {
    return [Number(profiled), { kind: 'profile', seconds: Number(seconds) }];
  }
  const [, dumped] = HEAP.exec(line) ?? [];
  return dumped === undefined ? undefined : [Number(dumped), { kind: 'heap' }];
}

/** Of the commands that ask. */
export const SOCKET_OPTION = { socket: { type: 'string', short: 's' } } as const;

/**
 * Asks the gateway at a control socket, else the one that runs under this user.
 *
 * @throws {ConfigError} where none answers, or more than one.
 */
export async function askGateway(socketPath: string | undefined): Promise<Report> {
  return (await findGateway(socketPath)).report;
}

/** What the same gateway has to tell: its last warnings and errors, a line of JSON each. */
export async function askForEvents(socketPath: string | undefined): Promise<string> {
  return say((await findGateway(socketPath)).path, 'events');
}

interface Found {
  readonly path: string;
  readonly report: Report;
}

/** As `askGateway`, with the path of its control socket. */
export async function findGateway(socketPath: string | undefined): Promise<Found> {
  if (socketPath !== undefined) return ask(socketPath);
  const settled = await Promise.allSettled(defaultSockets().map(ask));
  const answered = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const [first, second] = answered;
  if (first === undefined) {
    throw new ConfigError(
      `No gateway answers at ${DEFAULT_CONTROL_SOCKET.replace('{pid}', '*')}. Is one running, under this user? --socket names another place.`,
    );
  }
  if (second === undefined) return first;
  const known = answered.map(({ path, report }) => `  ${path}  ${report.applicationName}`);
  throw new ConfigError(`Several gateways run here: name one by --socket.\n${known.join('\n')}`);
}

async function ask(path: string): Promise<Found> {
  refuseForeign(path);
  try {
    return { path, report: JSON.parse(await say(path, 'stats')) as Report };
  } catch (error) {
    throw new ConfigError(`No gateway answers at ${path}: ${messageOf(error)}.`, { cause: error });
  }
}

function say(path: string, line: string): Promise<string> {
  const socket = connect({ path });
  socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error('it takes too long')));
  socket.write(`${line}\n`);
  return text(socket);
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
