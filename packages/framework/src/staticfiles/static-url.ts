import { statSync } from 'node:fs';
import { join } from 'node:path';
import { ImproperlyConfigured, nearestName } from '../errors.ts';
import { filesInside } from '../files/file-inside.ts';
import { settings } from '../settings.ts';
import { quotePath, scriptPrefix } from '../urls/script-prefix.ts';
import { loadHashedNames, MANIFEST_NAME } from './manifest.ts';

/**
 * Where browsers find a static file: `staticUrl('app.css')` is `/static/app.b864b7b520ea.css`, and
 * under DEBUG `/static/app.css`. A query and a fragment stay: `staticUrl('icons.svg#arrow')`.
 *
 * @throws {ImproperlyConfigured} where there is no such file, or collectstatic has not seen it.
 */
export function staticUrl(name: string): string {
  const [, path = '', queryAndFragment = ''] = URL_PARTS.exec(name) ?? [];
  const shown = settings.DEBUG ? sourceName(path) : hashedName(path);
  return staticPrefix() + quotePath(shown) + queryAndFragment;
}

const URL_PARTS = /^([^?#]*)([^]*)$/;

/**
 * STATIC_URL; a relative one hangs below the script prefix.
 *
 * @throws {ImproperlyConfigured} where STATIC_URL is not set.
 */
export function staticPrefix(): string {
  const { STATIC_URL } = settings;
  if (STATIC_URL === null) {
    throw new ImproperlyConfigured("STATIC_URL is not set: set it to a path such as '/static/'.");
  }
  const isRelative = !STATIC_URL.startsWith('/') && !/^[a-z][a-z0-9+.-]*:/i.test(STATIC_URL);
  return isRelative ? `${scriptPrefix()}/${STATIC_URL}` : STATIC_URL;
}

/** What is wrong where STATIC_ROOT has no manifest. */
export function missingManifest(root: string): string {
  return `There is no '${MANIFEST_NAME}' in STATIC_ROOT '${root}': run collectstatic.`;
}

/** @throws {ImproperlyConfigured} where STATIC_ROOT is not set. */
export function staticRoot(): string {
  if (settings.STATIC_ROOT !== null) return settings.STATIC_ROOT;
  throw new ImproperlyConfigured('STATIC_ROOT is not set: set it to the folder to fill.');
}

/** Whether a file among the static ones is none to be published, as in Django: backups of editors, CVS. */
export function isLeftover(name: string): boolean {
  return /(?:^|\/)(?:CVS|[^/]*~)(?:\/|$)/.test(name);
}

/** @throws {ImproperlyConfigured} where no folder of STATICFILES_DIRS has such a file. */
export function sourceName(name: string): string {
  const folders = settings.STATICFILES_DIRS;
  if (isStaticSource(name)) return name;
  const meant = nearestName(
    name,
    folders.flatMap((folder) => [...filesInside(folder).keys()]),
  );
  throw new ImproperlyConfigured(
    `There is no static file '${name}' in STATICFILES_DIRS${meant === undefined ? '.' : `: did you mean '${meant}'?`}`,
  );
}

function isStaticSource(name: string): boolean {
  if (isLeftover(name)) return false;
  return settings.STATICFILES_DIRS.some((folder) =>
    statSync(join(folder, name), { throwIfNoEntry: false })?.isFile(),
  );
}

function hashedName(name: string): string {
  const names = loadHashedNames(staticRoot());
  if (names === undefined) throw new ImproperlyConfigured(missingManifest(staticRoot()));
  const hashed = names.get(name);
  if (hashed !== undefined) return hashed;
  const meant = nearestName(name, names.keys());
  throw new ImproperlyConfigured(
    `There is no static file '${name}' in the manifest: ${meant === undefined ? '' : `did you mean '${meant}'? If not, `}run collectstatic.`,
  );
}
