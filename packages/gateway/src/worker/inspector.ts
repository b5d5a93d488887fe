import { once } from 'node:events';
import { close, open, url } from 'node:inspector';
import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { Log } from '../log/log.ts';
import type { TcpAddress } from '../settings/addresses.ts';

const RETRY_MS = 100;

let isOurs = false;
let isLeft = false;

/** A debugger may stop the event loop for as long as a person looks at it. */
export function isInspected(): boolean {
  return url() !== undefined;
}

/**
 * Opens the inspector, at the start of a gateway before the application is loaded. After a reload the
 * worker from before has the address, and lets go of it when it begins to leave.
 */
export async function openInspector(address: TcpAddress | undefined, log: Log): Promise<void> {
  if (address === undefined || isInspected()) return;
  if (await isFree(address)) return openAt(address);
  const place = `${address.host}:${address.port}`;
  log.info(`${place} is in use: the inspector opens there once it is free`);
  void openOnceFree(address);
}

/** Leaves the address to the worker that comes after this one. */
export function closeInspector(): void {
  isLeft = true;
  if (isOurs && isInspected()) close();
}

async function openOnceFree(address: TcpAddress): Promise<void> {
  while (!(await isFree(address))) await setTimeout(RETRY_MS, undefined, { ref: false });
  if (!isLeft && !isInspected()) openAt(address);
}

function openAt({ host, port }: TcpAddress): void {
  isOurs = true;
  open(port, host);
}

/** Node itself says on standard error, each time, that it is not. */
async function isFree({ host, port }: TcpAddress): Promise<boolean> {
  const probe = createServer();
  try {
    await once(probe.listen(port, host), 'listening');
    return true;
  } catch {
    return false;
  } finally {
    probe.close();
  }
}
