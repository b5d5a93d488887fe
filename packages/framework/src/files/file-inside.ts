import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/**
 * The regular file that a name with slashes stands for, links resolved; `undefined` where it is
 * hidden, or not inside the folder.
 */
export async function fileInside(folder: string, name: string): Promise<string | undefined> {
  if (NOT_A_NAME.test(name)) return undefined;
  try {
    const root = await realpath(folder);
    const file = await realpath(join(root, name));
    return isInside(root, file) && (await stat(file)).isFile() ? file : undefined;
  } catch (error) {
    return undefinedIfMissing(error);
  }
}

/** The files that `fileInside` finds, by their names. */
export function filesInside(folder: string): Map<string, string> {
  const files = new Map<string, string>();
  if (!existsSync(folder)) return files;
  const root = realpathSync(folder);
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(root, path).split(sep).join('/');
    if (NOT_A_NAME.test(name)) continue;
    const file = entry.isSymbolicLink() ? linkedFile(root, path) : entry.isFile() && path;
    if (file) files.set(name, file);
  }
  return files;
}

function linkedFile(root: string, link: string): string | undefined {
  try {
    const file = realpathSync(link);
    return isInside(root, file) && statSync(file).isFile() ? file : undefined;
  } catch (error) {
    return undefinedIfMissing(error);
  }
}

/** @throws the error itself, where it does not say that there is no such file. */
export function undefinedIfMissing(error: unknown): undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (!MISSING.some((missing) => missing === code)) throw error;
}

function isInside(root: string, file: string): boolean {
  return file.startsWith(root + sep);
}

const MISSING = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'];

// A segment that is empty or begins with a dot: '..' and hidden files alike; what no file is called.
const NOT_A_NAME = /(?:^|\/)(?:[./]|$)|[\0\\]/;
