import { setTimeout as sleep } from 'node:timers/promises';
import type { Awaitable } from '@wsgi/wsgi';
import { log } from './logging.ts';

/** Throws, or gives false, where what it asks cannot be used. The signal aborts when its time is over. */
export type HealthCheck = (signal: AbortSignal) => Awaitable<unknown>;

interface Entry {
  readonly name: string;
  readonly check: HealthCheck;
  readonly timeoutSeconds: number;
  isFailing: boolean;
}

/**
 * Adds a check that READY_PATH asks, such as whether a database answers; to be called from the settings
 * module. One that fails takes this process out of rotation, and never ends it.
 */
export function registerHealthCheck(
  name: string,
  check: HealthCheck,
  { timeoutSeconds = 2 }: { readonly timeoutSeconds?: number } = {},
): void {
  entries.set(name, { name, check, timeoutSeconds, isFailing: false });
}

/** The names of those that fail now. However many ask at once, each check runs once. */
export function failingHealthChecks(): Promise<readonly string[]> {
  running ??= runAll().finally(() => (running = undefined));
  return running;
}

const entries = new Map<string, Entry>();
let running: Promise<readonly string[]> | undefined;

async function runAll(): Promise<readonly string[]> {
  const all = [...entries.values()];
  await Promise.all(all.map(run));
  return all.filter(({ isFailing }) => isFailing).map(({ name }) => name);
}

async function run(entry: Entry): Promise<void> {
  const { name } = entry;
  try {
    await inTime(entry);
    if (entry.isFailing) log.info({ health_check: name }, 'the health check passes again');
    entry.isFailing = false;
  } catch (error) {
    // Once, not at every probe.
    if (!entry.isFailing) log.error({ health_check: name, err: error }, 'a health check fails');
    entry.isFailing = true;
  }
}

async function inTime({ check, timeoutSeconds }: Entry): Promise<void> {
  const over = new AbortController();
  const timer = new AbortController();
  const tooLate = async (): Promise<never> => {
    await sleep(timeoutSeconds * 1000, undefined, { signal: timer.signal });
    const error = new Error(`It took longer than ${timeoutSeconds} s.`);
    over.abort(error);
    throw error;
  };
  try {
    const result = await Promise.race([check(over.signal), tooLate()]);
    if (result === false) throw new Error('It gave false.');
  } finally {
    timer.abort();
  }
}
