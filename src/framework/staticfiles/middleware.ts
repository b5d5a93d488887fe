import type { Awaitable } from '../../wsgi/types.ts';
import { MethodNotAllowed, NotFound } from '../errors.ts';
import { log } from '../logging.ts';
import { whenReady, type Handler } from '../middleware/middleware.ts';
import type { HttpRequest } from '../request.ts';
import type { HttpResponse } from '../response.ts';
import { settings } from '../settings.ts';
import { scriptPrefix } from '../urls/script-prefix.ts';
import { findStatic } from './finders.ts';
import { loadHashedNames } from './manifest.ts';
import { describeFile, staticResponse, type StaticFile } from './static-file.ts';
import { missingManifest, staticPrefix } from './static-url.ts';
import { staticTable } from './table.ts';

type Lookup = (name: string) => Awaitable<StaticFile | undefined>;

/**
 * Serves what is below STATIC_URL: under DEBUG the files as they are in STATICFILES_DIRS, else those
 * that STATIC_ROOT had at the start, compressed where collectstatic has made a variant.
 */
export function staticFiles(getResponse: Handler): Handler {
  const prefix = servedPrefix();
  const lookup = settings.DEBUG ? lookupInFolders : lookupInTable(settings.STATIC_ROOT);
  return (request) => {
    if (!request.path.startsWith(prefix)) return getResponse(request);
    return whenReady(lookup(request.path.slice(prefix.length)), (file) => serve(request, file));
  };
}

function serve(request: HttpRequest, file: StaticFile | undefined): HttpResponse {
  if (!file) throw new NotFound(`There is no static file for '${request.path}'.`);
  if (request.isRead) return staticResponse(request, file);
  throw new MethodNotAllowed(request.method, ['GET', 'HEAD']);
}

async function lookupInFolders(name: string): Promise<StaticFile | undefined> {
  const path = await findStatic(name);
  if (path === undefined) return undefined;
  return {
    plain: { ...describeFile(path), headers: { 'Cache-Control': 'no-cache' } },
    variants: [],
    codings: [],
  };
}

function lookupInTable(root: string | null): Lookup {
  if (root === null) return () => undefined;
  const hashedNames = loadHashedNames(root);
  if (hashedNames === undefined) log.warn({ setting: 'STATIC_ROOT' }, missingManifest(root));
  const table = staticTable(root, hashedNames ?? new Map());
  return (name) => table.get(name);
}

/** The path of STATIC_URL below the script name, as request paths are. */
function servedPrefix(): string {
  const prefix = staticPrefix();
  const mountPoint = scriptPrefix();
  return prefix.startsWith(`${mountPoint}/`) ? prefix.slice(mountPoint.length) : prefix;
}
