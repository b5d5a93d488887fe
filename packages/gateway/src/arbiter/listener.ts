import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  fstatSync,
  lstatSync,
  readFileSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { BoundSocket, connect, isIP, isIPv6, Socket } from 'node:net';
import { dirname, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { cannotListen, ConfigError } from '../errors.ts';
import type { Log } from '../log/log.ts';
import type { Listener } from '../messages.ts';
import {
  formatAddress,
  type Address,
  type TcpAddress,
  type UnixAddress,
} from '../settings/addresses.ts';
import type { Config } from '../settings/catalogue.ts';

const TRIES = 5;
const RETRY_AFTER_MS = 1000;

/** A socket that the arbiter holds and never accepts on, so that its backlog outlives every worker. */
export interface BoundListener extends Listener {
  readonly close: () => void;
}

/**
 * Binds every address, or takes the sockets that a service manager handed over (sd_listen_fds(3)).
 *
 * @throws {ConfigError} where an address cannot be bound, or a socket was not handed over.
 */
export async function bindListeners(config: Config, log: Log): Promise<BoundListener[]> {
  const { protocol } = config;
  const inherited = inheritedListeners(process.env).map((listener) => ({
    ...listener,
    address: { ...listener.address, protocol },
  }));
  if (inherited.length > 0) return inherited;
  const bind = config.bind.map((address) => ({ protocol, ...address }));
  const listeners: BoundListener[] = [];
  for (const address of bind) {
    const bound =
      address.kind === 'tcp'
        ? await bindTcp(address, log, bind)
        : [await bindPatiently(address, log, () => bindUnix(address))];
    for (const one of bound) {
      // As `localhost` and `127.0.0.1` would.
      if (listeners.some((other) => isDeepStrictEqual(other.address, one.address))) one.close();
      else listeners.push({ fd: one.socket.fd(), address: one.address, close: one.close });
    }
  }
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

/** A socket that is bound, and where. */
interface Bound<Where extends Address = Address> {
  readonly socket: BoundSocket;
  readonly address: Where;
  readonly close: () => void;
}

/**
 * Binds each address that the host of this one stands for; where its port is 0, all at the same. One that
 * a name has and this machine has not, as that of IPv6 in many a container, is left out.
 *
 * @param others addresses that are to be bound too.
 * @throws {ConfigError} naming the address that cannot be bound.
 */
export async function bindTcp(
  address: TcpAddress,
  log: Log,
  others: readonly Address[] = [],
): Promise<Bound<TcpAddress>[]> {
  const bound: Bound<TcpAddress>[] = [];
  let missing: ConfigError | undefined;
  for (const meant of await meaningOf(address)) {
    try {
      const place = { ...meant, port: meant.port || (bound[0]?.address.port ?? 0) };
      bound.push(await bindPatiently(place, log, () => bindHost(place, others)));
    } catch (error) {
      if (!(error instanceof ConfigError) || !isNotOurs(error.cause)) throw error;
      missing = error;
    }
  }
  if (bound.length === 0 && missing !== undefined) throw missing;
  return bound;
}

/** The addresses that a name stands for, each once. */
async function meaningOf(address: TcpAddress): Promise<TcpAddress[]> {
  if (isIP(address.host)) return [address];
  try {
    const found = await lookup(address.host, { all: true });
    const hosts = new Set(found.map(({ address: host }) => host));
    return [...hosts].map((host) => ({ ...address, host }));
  } catch (error) {
    throw cannotListen(formatAddress(address), error as Error);
  }
}

function isNotOurs(cause: unknown): boolean {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? '';
  return ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(code);
}

/** A port in use may come free, so it is tried again, as Gunicorn does. */
async function bindPatiently<Socket>(
  address: Address,
  log: Log,
  bind: () => Socket | Promise<Socket>,
): Promise<Socket> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await bind();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const isInUse = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (attempt === TRIES || !isInUse) throw cannotListen(formatAddress(address), error);
      log.error(`${formatAddress(address)} is in use: trying again`);
      await setTimeout(RETRY_AFTER_MS);
    }
  }
}

function bindHost(wanted: TcpAddress, others: readonly Address[]): Bound<TcpAddress> {
  const { host, port } = wanted;
  // A socket at [::] takes IPv4 too, unless that port of it is somebody else's.
  const ipv6Only =
    isIPv6(host) &&
    others.some((one) => one.kind === 'tcp' && one.port === port && !isIPv6(one.host));
  const socket = new BoundSocket({ host, port, ipv6Only });
  const address = { ...wanted, port: socket.address().port };
  return { socket, address, close: () => socket.close() };
}

async function bindUnix(address: UnixAddress): Promise<Bound<UnixAddress>> {
  // Whoever looks later whether it is held compares the name.
  const path = resolve(address.path);
  await removeStaleSocket(path);
  const socket = new BoundSocket({ path } as object);
  const isThere = rememberFile(path);
  const close = (): void => {
    // Closing takes the file away, and by now it may be another gateway's.
    if (isThere()) socket.close();
  };
  return { socket, address, close };
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
  const file = lstatSync(path, { throwIfNoEntry: false });
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
