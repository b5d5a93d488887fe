import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { Log } from '../log/log.ts';
import { rememberFile, removeStaleSocket } from '../arbiter/listener.ts';
import { defaultControlSockets } from './control-socket-path.ts';
import type { Report } from './report.ts';

/** For the line to come, and the answer to be taken. */
const PATIENCE_MS = 5000;
const CLIENTS_MAX = 16;
const LINE_BYTES_MAX = 100;
/** Only the owner may connect (unix(7), "Pathname socket ownership and permissions"). */
const UMASK_OF_0600 = 0o177;

/**
 * Answers on a unix socket: one line with a command, one line of JSON back. The gateway serves
 * without it where the socket cannot be made.
 */
export async function openControlSocket(
  setting: string,
  log: Log,
  report: () => Report,
): Promise<void> {
  const path = setting.replaceAll('{pid}', String(process.pid));
  const server = createServer((socket) => converse(socket, report));
  server.maxConnections = CLIENTS_MAX;
  try {
    for (const left of [path, ...defaultControlSockets()]) await removeStaleSocket(left);
    await listenGuarded(server, path);
  } catch (error) {
    log.warn({ err: error }, `there is no control socket at ${path}`);
    return;
  }
  const isThere = rememberFile(path);
  process.on('exit', () => {
    if (isThere()) rmSync(path, { force: true });
  });
  server.on('error', (error) => log.warn({ err: error }, 'the control socket cannot accept'));
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
  socket.setTimeout(PATIENCE_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (text) => {
    received += String(text);
    const [command, ...rest] = received.split('\n');
    if (rest.length === 0 && received.length <= LINE_BYTES_MAX) return;
    socket.removeAllListeners('data');
    socket.end(`${JSON.stringify(answer(command, report))}\n`, () => socket.destroy());
  });
}

function answer(
  command: string | undefined,
  report: () => Report,
): Report | { readonly error: string } {
  return command === 'stats' ? report() : { error: "unknown command: expected 'stats'" };
}
