import type { Awaitable } from '@wsgi/wsgi';
import { log } from './logging.ts';
import { settings } from './settings.ts';

/** What a project opens before it serves and closes behind it, once a process: a pool of connections, a subscription. */
export interface Lifespan {
  /** What it throws stops the start. */
  startup?(): Awaitable<void>;
  /** What it throws is logged. */
  shutdown?(): Awaitable<void>;
}

declare module './settings.ts' {
  interface Settings {
    readonly LIFESPAN: readonly Lifespan[];
  }
}

/**
 * Awaits the startup of each of LIFESPAN in their order, where nothing in this process has done so yet.
 *
 * @returns what ends the use of it: behind the last one each shutdown is awaited, the latest first.
 */
export async function enterLifespan(): Promise<() => Promise<void>> {
  users += 1;
  try {
    await (started ??= startAll());
  } catch (error) {
    await leave();
    throw error;
  }
  let left: Promise<void> | undefined;
  return () => (left ??= leave());
}

/** Ends it whoever uses it still, as where the process comes to its end. */
export async function endLifespan(): Promise<void> {
  users = 0;
  const running = started;
  started = undefined;
  await stopAll((await running?.catch(() => [])) ?? []);
}

let users = 0;
let started: Promise<readonly Lifespan[]> | undefined;

async function leave(): Promise<void> {
  users = Math.max(0, users - 1);
  if (users === 0) await endLifespan();
}

async function startAll(): Promise<readonly Lifespan[]> {
  const running: Lifespan[] = [];
  try {
    for (const lifespan of settings.LIFESPAN) {
      await lifespan.startup?.();
      running.push(lifespan);
    }
    return running;
  } catch (error) {
    await stopAll(running);
    throw error;
  }
}

async function stopAll(running: readonly Lifespan[]): Promise<void> {
  for (const lifespan of running.toReversed()) {
    try {
      await lifespan.shutdown?.();
    } catch (error) {
      log.error({ err: error }, 'a shutdown of LIFESPAN failed');
    }
  }
}
