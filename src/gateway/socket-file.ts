import { existsSync, readFileSync, statSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';

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
  const code = await new Promise<string>((resolve) => {
    const probe = connect({ path }, () => resolve('answered'));
    probe.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    probe.on('connect', () => probe.destroy());
  });
  if (code === 'ECONNREFUSED') unlinkSync(path);
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
