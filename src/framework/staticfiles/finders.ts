import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { settings } from '../settings.ts';

/** The file that STATICFILES_DIRS have under a name; the first folder wins. */
export function findStatic(name: string): string | undefined {
  for (const folder of settings.STATICFILES_DIRS) {
    const file = fileInside(folder, name);
    if (file !== undefined) return file;
  }
  return undefined;
}

/** Every static file of STATICFILES_DIRS by its name, `css/app.css`. */
export function allStatic(): Map<string, string> {
  const found = new Map<string, string>();
  for (const folder of settings.STATICFILES_DIRS) {
    for (const [name, file] of filesOf(folder)) if (!found.has(name)) found.set(name, file);
  }
  return found;
}

/** The files below a folder by their names, with slashes on every system; links out of it are left out. */
export function filesOf(folder: string): Map<string, string> {
  const files = new Map<string, string>();
  if (!existsSync(folder)) return files;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const name = relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/');
    const file = fileInside(folder, name);
    if (file !== undefined) files.set(name, file);
  }
  return files;
}

/** The regular file that a name stands for, where it is inside the folder, links resolved. */
function fileInside(folder: string, name: string): string | undefined {
  if (NOT_A_NAME.test(name)) return undefined;
  try {
    const root = realpathSync(folder);
    const file = realpathSync(join(root, name));
    return file.startsWith(root + sep) && statSync(file).isFile() ? file : undefined;
  } catch {
    return undefined;
  }
}

// A segment that is empty or begins with a dot: '..' and hidden files alike; what no file is called.
const NOT_A_NAME = /(?:^|\/)(?:[./]|$)|[\0\\]/;
