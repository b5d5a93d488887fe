import { connect } from 'node:net';
import { join } from 'node:path';
import {
  bytesOf,
  CORPUS,
  type RequestCase,
} from '../../../packages/gateway/test/protocols/request-corpus.ts';
import { freePort } from '../../../packages/wsgi/test/free-port.ts';
import { CLI, start, type Serving } from './servers.ts';

/** So long a server may take for the first answer; one that waits for more of the request gives none. */
const PATIENCE_MS = 10_000;
/** So long nothing more comes before a connection is taken for answered. */
const QUIET_MS = 500;
/** Connections at once, for each of which a server has a thread. */
const AT_ONCE = 100;
const FOLDER = import.meta.dirname;
/** Those with a request that the gateway accepts. */
const CASES = CORPUS.filter(({ requests = [] }) => requests.length > 0);

const COMMANDS = {
  gateway: (address: string) => [
    ...[process.execPath, '--conditions=source', CLI, '--control-socket', 'none'],
    ...['--access-logfile', 'none', '--bind', address, join(FOLDER, 'twin.ts')],
  ],
  gunicorn: (address: string) => [
    ...['gunicorn', '--worker-class', 'gthread', '--threads', String(AT_ONCE)],
    ...['--keep-alive', '5', '--graceful-timeout', '1', '--chdir', FOLDER, '--bind', address],
    'twin',
  ],
  uwsgi: (address: string) => [
    ...['uwsgi', '--plugin', 'python3', '--die-on-term', '--disable-logging'],
    ...['--threads', String(AT_ONCE), '--chdir', FOLDER, '--http-socket', address],
    ...['--module', 'twin'],
  ],
} satisfies Readonly<Record<string, (address: string) => string[]>>;

export type TwinName = keyof typeof COMMANDS;

export async function startTwin(name: TwinName): Promise<Serving> {
  const port = await freePort();
  const environment = { PYTHONDONTWRITEBYTECODE: '1' };
  return start(COMMANDS[name](`127.0.0.1:${port}`), port, environment);
}

/** A response without Date and Server; interim ones are some, too. */
export interface Answer {
  readonly head: string;
  readonly body: string;
}

/** What a server says to each case of the corpus, by its name. */
export async function answersOf(port: number): Promise<Map<string, readonly Answer[]>> {
  const answers = new Map<string, readonly Answer[]>();
  for (let at = 0; at < CASES.length; at += AT_ONCE) {
    const some = CASES.slice(at, at + AT_ONCE).map(async (each) => {
      const text = await converse(port, bytesOf(each));
      return [nameOf(each), answersIn(text)] as const;
    });
    for (const [name, found] of await Promise.all(some)) answers.set(name, found);
  }
  return answers;
}

/** What is sent for each case, as latin1. */
export const SENT: ReadonlyMap<string, string> = new Map(
  CASES.map((each) => [nameOf(each), bytesOf(each).toString('latin1')]),
);

function nameOf({ group, name }: RequestCase): string {
  return `${group}: ${name}`;
}

/** What comes until the server closes, or says nothing more. */
function converse(port: number, bytes: Buffer): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let text = '';
  const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
  socket.setTimeout(PATIENCE_MS, () => socket.destroy());
  socket.on('data', (piece: Buffer) => {
    text += piece.toString('latin1');
    socket.setTimeout(QUIET_MS);
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => resolve(text));
  return promise;
}

function answersIn(text: string): Answer[] {
  const answers: Answer[] = [];
  for (let rest = text; rest !== '';) {
    const bodyStart = rest.indexOf('\r\n\r\n') + 4;
    const head = rest.slice(0, bodyStart).replaceAll(/^(?:date|server):.*\r\n/gim, '');
    const [, length = head.startsWith('HTTP/1.1 1') ? 0 : Infinity] =
      /^content-length: *(\d+)/im.exec(head) ?? [];
    const body = rest.slice(bodyStart, bodyStart + Number(length));
    // What differs in the body differs in its length, too.
    answers.push({ head: head.replace(`: ${body.length}\r\n`, ': as long as it is\r\n'), body });
    rest = rest.slice(bodyStart + body.length);
  }
  return answers;
}
