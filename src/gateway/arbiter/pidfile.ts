import { closeSync, fchmodSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { ConfigError } from '../config.ts';
import { reasonOf } from '../reason.ts';

/**
 * Writes the arbiter's process id; gives what removes the file again, unless it is another's by then.
 *
 * @throws {ConfigError} where another process that lives has written it, or it cannot be written.
 */
export function writePidfile(path: string): () => void {
  if (path === '') return () => undefined;
  const other = readPid(path);
  if (other > 0 && other !== process.pid && isAlive(other)) {
    throw new ConfigError(`pidfile ${path} belongs to process ${other}, which is running.`);
  }
  try {
    // Where others may write to the folder, it could be a link: root would overwrite what that leads to.
    rmSync(path, { force: true });
    const fd = openSync(path, 'wx');
    // Whatever the mask: who may write to it decides what is killed.
    fchmodSync(fd, 0o644);
    writeFileSync(fd, `${process.pid}\n`);
    closeSync(fd);
  } catch (cause) {
    throw new ConfigError(`pidfile cannot be written: ${reasonOf(cause)}.`, { cause });
  }
  return () => {
    if (readPid(path) === process.pid) rmSync(path, { force: true });
  };
}

function readPid(path: string): number {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return 0;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's, whom this user may not signal.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
