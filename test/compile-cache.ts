import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CACHE = 'NODE_COMPILE_CACHE';

/** What a process that a test starts needs of the environment. */
export const CHILD_ENVIRONMENT: NodeJS.ProcessEnv = {
  PATH: process.env['PATH'],
  [CACHE]: process.env[CACHE],
};

/** Lets Node compile each source once a run, not in each of the hundreds of processes that tests start. */
export default function shareCompiledSources(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'compiled-'));
  process.env[CACHE] = folder;
  // The last processes may still write there as they end.
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
