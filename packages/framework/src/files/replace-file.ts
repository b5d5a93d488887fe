import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { glob, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Puts new content in the place of a file: readers find the old or the new, never a part, and what
 * cannot be written, as on a full disk, leaves the old one as it is.
 */
export async function replaceFile(
  path: string,
  write: (unfinished: string) => Promise<unknown>,
): Promise<void> {
  // Hidden, so that it is never served, and short, whatever the length of the file's name.
  const unfinished = join(dirname(path), `.${randomUUID()}.tmp`);
  try {
    await write(unfinished);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

const HOUR_MS = 3_600_000;

/** Removes what was left unfinished below a folder by a process that was killed, an hour ago or longer. */
export async function removeUnfinished(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  for await (const name of glob('**/.*.tmp', { cwd: folder })) {
    const path = join(folder, name);
    if (!UNFINISHED.test(name) || (await stat(path)).mtimeMs > Date.now() - HOUR_MS) continue;
    await rm(path, { force: true });
  }
}

const UNFINISHED = /(?:^|[/\\])\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;
