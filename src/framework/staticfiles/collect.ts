import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { ImproperlyConfigured } from '../errors.ts';
import { settings } from '../settings.ts';
import { allStatic, filesOf } from './finders.ts';

/**
 * Copies every static file to STATIC_ROOT and removes the files there that are none; gives the count.
 *
 * @throws {ImproperlyConfigured} where STATIC_ROOT is not set, or is no folder of its own.
 */
export function collectStatic(): number {
  const root = staticRoot();
  const files = allStatic();
  for (const [name, file] of files) {
    const target = join(root, name);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(file, target);
  }
  for (const name of filesOf(root).keys()) if (!files.has(name)) rmSync(join(root, name));
  return files.size;
}

/** Whether one of two folders is, or is inside, the other. */
export function overlaps(one: string, other: string): boolean {
  const [a, b] = [resolve(one) + sep, resolve(other) + sep];
  return a.startsWith(b) || b.startsWith(a);
}

function staticRoot(): string {
  const { STATIC_ROOT, STATICFILES_DIRS } = settings;
  if (STATIC_ROOT === null) {
    throw new ImproperlyConfigured('STATIC_ROOT is not set: set it to the folder to fill.');
  }
  const folder = STATICFILES_DIRS.find((other) => overlaps(STATIC_ROOT, other));
  if (folder === undefined) return STATIC_ROOT;
  throw new ImproperlyConfigured(
    `STATIC_ROOT is '${STATIC_ROOT}', and STATICFILES_DIRS has '${folder}': expected a folder of its own.`,
  );
}
