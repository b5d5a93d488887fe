import { lookup } from 'node:dns/promises';
import { unlinkSync } from 'node:fs';
import { BoundSocket, connect, isIP, type AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { formatAddress, type Address } from '../settings/address.ts';
import { ConfigError } from '../config.ts';
import type { Log } from '../log/log.ts';
import type { Listener } from '../messages.ts';

const TRIES = 5;
const RETRY_AFTER_MS = 1000;

/** A socket that the arbiter holds and never accepts on, so that its backlog outlives every worker. */
export interface BoundListener extends Listener {
  close(): void;
}

/**
 * Binds an address; a port in use may come free, so it is tried again, as Gunicorn does.
 *
 * @throws {ConfigError} where it cannot be bound.
 */
export async function bindListener(address: Address, log: Log): Promise<BoundListener> {
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
  if (address.kind === 'unix') {
    await removeStaleSocket(address.path);
    const socket = new BoundSocket({ path: address.path } as object);
    return { fd: socket.fd(), address, close: () => socket.close() };
  }
  const host = isIP(address.host) ? address.host : (await lookup(address.host)).address;
  const socket = new BoundSocket({ host, port: address.port });
  const { port } = socket.address() satisfies AddressInfo;
  return { fd: socket.fd(), address: { ...address, port }, close: () => socket.close() };
}

/** A socket file that nobody answers on is left over from a process that was killed. */
async function removeStaleSocket(path: string): Promise<void> {
  const code = await new Promise<string>((resolve) => {
    const probe = connect({ path }, () => resolve('answered'));
    probe.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    probe.on('connect', () => probe.destroy());
  });
  if (code === 'ECONNREFUSED') unlinkSync(path);
}

function isAddressInUse(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EADDRINUSE';
}

function cannotBind(address: Address, error: Error): ConfigError {
  const advice = isAddressInUse(error) ? ' Is another server running there?' : '';
  return new ConfigError(`Cannot listen at ${formatAddress(address)}: ${error.message}.${advice}`, {
    cause: error,
  });
}
