import { accessSync, constants, existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sourceRoot } from '@wsgi/wsgi/names';
import { ImproperlyConfigured, nearestName } from '../errors.ts';
import { health } from '../middleware/health.ts';
import { settings } from '../settings.ts';
import { GLOBAL_SETTINGS, isGlobalSetting } from '../settings/global-settings.ts';
import { namesBefore, overlaps } from '../staticfiles/collect.ts';
import { MANIFEST_NAME } from '../staticfiles/manifest.ts';
import { sourceName } from '../staticfiles/static-url.ts';
import { loadUrlconf, type CompiledRoute, type Urlconf } from '../urls/urlconf.ts';
import { finding, type CheckMessage } from './check.ts';

/** A setting of the project's own is not one of the framework's with a slip of the pen. */
export function checkSettings(): readonly CheckMessage[] {
  const own = Object.keys(settings).filter((name) => !isGlobalSetting(name));
  return own.flatMap((name) => {
    // Short names look alike by chance.
    const mostEdits = Math.min(2, Math.floor(name.length / 4));
    const meant = nearestName(name, Object.keys(GLOBAL_SETTINGS), mostEdits);
    if (meant === undefined) return [];
    return finding(
      'settings.W101',
      `The settings have ${name}, which nothing in the framework reads. Did you mean ${meant}?`,
      'Rename it; if it is your own and meant so, silence this.',
    );
  });
}

/** The URLconf loads, `reverse` can tell its names apart, and each of its paths can be reached. */
export async function checkUrls(): Promise<readonly CheckMessage[]> {
  let urlconf: Urlconf;
  try {
    urlconf = await loadUrlconf(settings.ROOT_URLCONF);
  } catch (error) {
    if (!(error instanceof ImproperlyConfigured)) throw error;
    return error.problems.map((problem) => finding('urls.E001', problem));
  }
  return checkUrlconf(urlconf);
}

/** What does not keep a URLconf from loading, and is a mistake all the same. */
export function checkUrlconf(urlconf: Urlconf): readonly CheckMessage[] {
  return [
    ...[...urlconf.byName].flatMap(([name, routes]) => checkName(name, routes)),
    ...urlconf.routes.flatMap(checkHealthPath),
    ...urlconf.routes.flatMap(checkIsPath),
  ];
}

type Found = CheckMessage | readonly [];

/** Django's 2_0.W001: the habit of `re_path`. */
function checkIsPath({ pattern: { source } }: CompiledRoute): Found {
  if (!/\(\?P?<|^\^|\$$/.test(source)) return [];
  return finding(
    'urls.W103',
    `The URL pattern '${source}' looks like a regular expression: it is matched as it stands.`,
    "Write it as a path: 'articles/<int:year>/'.",
  );
}

function checkName(name: string, routes: readonly CompiledRoute[]): Found {
  const signatures = routes.map(({ pattern }) =>
    pattern.parameters
      .map((p) => p.name)
      .toSorted()
      .join(),
  );
  if (new Set(signatures).size === routes.length) return [];
  return finding(
    'urls.W101',
    `${routes.length} URL patterns are named '${name}' and take the same parameters.`,
    'reverse() finds the first alone: give the others a name of their own.',
  );
}

function checkHealthPath({ pattern }: CompiledRoute): Found {
  const { HEALTH_PATH, READY_PATH, MIDDLEWARE } = settings;
  const taken = Object.entries({ HEALTH_PATH, READY_PATH }).find(
    ([, path]) => path === `/${pattern.source}`,
  );
  if (!taken || !MIDDLEWARE.includes(health)) return [];
  const [name, path] = taken;
  return finding(
    'urls.W102',
    `The URL pattern '${pattern.source}' is never reached: the health middleware answers ${name}, which is '${path}'.`,
    `Change ${name}, and with it what asks for it, such as the health checks in the Dockerfile, or the pattern.`,
  );
}

/** STATICFILES_DIRS exist, and STATIC_ROOT is none of them. */
export function checkStaticFiles(): readonly CheckMessage[] {
  return settings.STATICFILES_DIRS.flatMap((folder) => checkFolder(folder, settings.STATIC_ROOT));
}

/** The names that the sources write into `staticUrl` are there: where nobody looks, it is a 500 of production. */
export function checkStaticNames(): readonly CheckMessage[] {
  if (settings.STATIC_URL === null) return [];
  const sources = globSync('**/*.{js,jsx,ts,tsx}', { cwd: sourceRoot() });
  const collected = settings.STATIC_ROOT === null ? new Map() : namesBefore(settings.STATIC_ROOT);
  return sources.flatMap((source) => {
    const text = readFileSync(join(sourceRoot(), source), 'utf8');
    const names = Array.from(text.matchAll(STATIC_NAME), ([, , name = '']) => name);
    const missing = [...new Set(names)].filter((name) => !collected.has(name));
    return missing.flatMap((name) => checkStaticName(name, source));
  });
}

const STATIC_NAME = /\bstaticUrl\(\s*(['"`])([^'"`$\\?#]+)[^'"`$\\]*\1/g;

function checkStaticName(name: string, source: string): Found {
  try {
    sourceName(name);
    return [];
  } catch (error) {
    if (!(error instanceof ImproperlyConfigured)) throw error;
    return finding('staticfiles.W102', `${source}: ${error.message}`);
  }
}

/** Django's files.E001: uploads have a folder to be written to. */
export function checkUploadFolder(): readonly CheckMessage[] {
  const { FILE_UPLOAD_TEMP_DIR: folder } = settings;
  if (folder === null || isWritableFolder(folder)) return [];
  return [
    finding(
      'files.E001',
      `FILE_UPLOAD_TEMP_DIR is '${folder}': there is no such folder, or none to write to.`,
      'Make it, or set another one: uploads that do not fit into memory are answered 500.',
    ),
  ];
}

function isWritableFolder(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** collectstatic has filled STATIC_ROOT. */
export function checkManifest(): readonly CheckMessage[] {
  const { STATIC_ROOT } = settings;
  if (STATIC_ROOT === null || isCollected(STATIC_ROOT)) return [];
  return [
    finding(
      'staticfiles.W101',
      `STATIC_ROOT '${STATIC_ROOT}' has no ${MANIFEST_NAME}: static files are missing or old.`,
      'Run collectstatic; `npm run build` does.',
    ),
  ];
}

function checkFolder(folder: string, root: string | null): Found {
  if (root !== null && overlaps(folder, root)) {
    return finding(
      'staticfiles.E002',
      `STATIC_ROOT '${root}' and '${folder}' of STATICFILES_DIRS are inside one another.`,
      'collectstatic fills STATIC_ROOT: give it a folder of its own.',
    );
  }
  // The image of the application has STATIC_ROOT alone: what it was made from is read under DEBUG.
  const isDispensable = root !== null && isCollected(root) && !settings.DEBUG;
  if (existsSync(folder) || isDispensable) return [];
  return finding(
    'staticfiles.W004',
    `There is no folder '${folder}', which STATICFILES_DIRS names.`,
  );
}

function isCollected(root: string): boolean {
  return existsSync(join(root, MANIFEST_NAME));
}
