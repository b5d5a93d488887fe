import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { closeSync, existsSync, fstatSync, readFileSync, statSync, unlinkSync } from 'node:fs';
import { BoundSocket, connect, isIP, Socket, type AddressInfo } from 'node:net';
import { dirname, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { ConfigError, isAddressInUse } from '../errors.ts';
import type { Log } from '../log/log.ts';
import type { Listener } from '../messages.ts';
import { formatAddress, type Address, type UnixAddress } from '../settings/addresses.ts';
import type { Config } from '../settings/catalogue.ts';

const TRIES = 5;
const RETRY_AFTER_MS = 1000;

/** A socket that the arbiter holds and never accepts on, so that its backlog outlives every worker. */
export interface BoundListener extends Listener {
  close(): void;
}

/**
 * Binds every address, or takes the sockets that a service manager handed over (sd_listen_fds(3)).
 *
 * @throws {ConfigError} where an address cannot be bound, or a socket was not handed over.
 */
export async function bindListeners(config: Config, log: Log): Promise<BoundListener[]> {
  const inherited = inheritedListeners(process.env);
  if (inherited.length > 0) return inherited;
  const listeners: BoundListener[] = [];
  for (const address of config.bind) listeners.push(await bindPatiently(address, log));
  return listeners;
}

const FIRST_INHERITED_FD = 3;

function inheritedListeners(environment: NodeJS.ProcessEnv): BoundListener[] {
  if (environment['LISTEN_PID'] !== String(process.pid)) return [];
  const text = environment['LISTEN_FDS'] ?? '0';
  if (!/^\d{1,4}$/.test(text)) throw new ConfigError(`LISTEN_FDS is "${text}": expected a number.`);
  return Array.from({ length: Number(text) }, (_, index) => {
    const fd = FIRST_INHERITED_FD + index;
    if (!isSocket(fd)) {
      throw new ConfigError(`LISTEN_FDS is "${text}": descriptor ${fd} is no socket.`);
    }
    return { fd, address: addressOf(fd), close: () => closeSync(fd) };
  });
}

function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket();
  } catch {
    return false;
  }
}

function addressOf(fd: number): Address {
  const found = new Socket({ fd, readable: false, writable: false }).address();
  return 'port' in found
    ? { kind: 'tcp', host: found.address, port: found.port }
    : { kind: 'unix', path: `descriptor ${fd}` };
}

/** A port in use may come free, so it is tried again, as Gunicorn does. */
async function bindPatiently(address: Address, log: Log): Promise<BoundListener> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await bind(address);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (attempt === TRIES || !isAddressInUse(error)) throw cannotBind(address, error);
      log.error(`${formatAddress(address)} is in use: trying again`);
      await setTimeout(RETRY_AFTER_MS);
    }
  }
}

async function bind(address: Address): Promise<BoundListener> {
  if (address.kind === 'unix') return bindUnix(address);
  const host = isIP(address.host) ? address.host : (await lookup(address.host)).address;
  const socket = new BoundSocket({ host, port: address.port });
  const { port } = socket.address() satisfies AddressInfo;
  return { fd: socket.fd(), address: { ...address, port }, close: () => socket.close() };
}

async function bindUnix(address: UnixAddress): Promise<BoundListener> {
  // Whoever looks later whether it is held compares the name.
  const path = resolve(address.path);
  await removeStaleSocket(path);
  const socket = new BoundSocket({ path } as object);
  const isThere = rememberFile(path);
  const close = (): void => {
    // Closing takes the file away, and by now it may be another gateway's.
    if (isThere()) socket.close();
  };
  return { fd: socket.fd(), address, close };
}

function cannotBind(address: Address, error: Error): ConfigError {
  const advice = isAddressInUse(error) ? ' Is another server running there?' : '';
  return new ConfigError(`Cannot listen at ${formatAddress(address)}: ${error.message}.${advice}`, {
    cause: error,
  });
}

/** Gives what tells later whether the path still leads to the same file. */
export function rememberFile(path: string): () => boolean {
  const { ino } = statSync(path);
  return () => statSync(path, { throwIfNoEntry: false })?.ino === ino;
}

/**
 * A socket file that nobody holds is left over from a process that was killed.
 *
 * @throws where the file is no socket, or has no folder.
 */
export async function removeStaleSocket(path: string): Promise<void> {
  // What the system says of it is EACCES.
  if (!existsSync(dirname(path))) throw new Error(`there is no folder ${dirname(path)}`);
  const file = statSync(path, { throwIfNoEntry: false });
  if (file === undefined) return;
  if (!file.isSocket()) throw new Error(`${path} is there and is no socket`);
  if (isHeld(path)) return;
  const probe = connect({ path });
  const refusal = await once(probe, 'connect').catch((error: NodeJS.ErrnoException) => error.code);
  probe.destroy();
  if (refusal === 'ECONNREFUSED') unlinkSync(path);
}

/** A gateway whose workers still start has bound its socket, but nobody answers on it (proc(5), `net/unix`). */
function isHeld(path: string): boolean {
  try {
    return readFileSync('/proc/net/unix', 'utf8')
      .split('\n')
      .some((line) => line.endsWith(` ${path}`));
  } catch {
    return false;
  }
}
