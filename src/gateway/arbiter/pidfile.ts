import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { ConfigError } from '../config.ts';

/**
 * Writes the arbiter's process id; gives what removes the file again.
 *
 * @throws {ConfigError} where another process that lives has written it.
 */
export function writePidfile(path: string): () => void {
  if (path === '') return () => undefined;
  const other = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
  if (other > 0 && other !== process.pid && isAlive(other)) {
    throw new ConfigError(`pidfile ${path} belongs to process ${other}, which is running.`);
  }
  writeFileSync(path, `${process.pid}\n`);
  return () => rmSync(path, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
