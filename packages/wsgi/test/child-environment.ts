import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a process that a test starts needs of the environment. */
export const CHILD_ENVIRONMENT: NodeJS.ProcessEnv = {
  PATH: process.env['PATH'],
  NODE_OPTIONS: process.env['NODE_OPTIONS'],
  NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
};

/**
 * Has the processes that tests start run the packages' sources, each of which Node compiles once a test
 * run, not in each of the hundreds of processes.
 */
export default function shareSources(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'compiled-'));
  Object.assign(process.env, {
    NODE_OPTIONS: '--conditions=source',
    NODE_COMPILE_CACHE: folder,
  });
  // The last processes may still write there as they end.
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
