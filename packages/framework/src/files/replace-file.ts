import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
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
