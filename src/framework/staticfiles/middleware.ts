import { MethodNotAllowed, NotFound } from '../errors.ts';
import type { Handler } from '../middleware/middleware.ts';
import type { HttpRequest } from '../request.ts';
import type { HttpResponse } from '../response.ts';
import { settings } from '../settings.ts';
import { filesOf, findStatic } from './finders.ts';
import { describeFile, fileResponse } from './static-file.ts';
import type { StaticFile } from './static-file.ts';
import { staticPrefix } from './static-url.ts';

type Lookup = (name: string) => StaticFile | undefined;

/**
 * Serves what is below STATIC_URL: under DEBUG the files as they are in STATICFILES_DIRS, else those
 * that STATIC_ROOT had at the start.
 */
export function staticFiles(getResponse: Handler): Handler {
  const prefix = servedPrefix();
  const lookup = settings.DEBUG ? lookupInFolders : lookupInTable(settings.STATIC_ROOT);
  return (request) => {
    if (!request.path.startsWith(prefix)) return getResponse(request);
    return serve(request, lookup(request.path.slice(prefix.length)));
  };
}

function serve(request: HttpRequest, file: StaticFile | undefined): HttpResponse {
  if (!file) throw new NotFound(`There is no static file for '${request.path}'.`);
  if (request.method === 'GET' || request.method === 'HEAD') return fileResponse(file, request);
  throw new MethodNotAllowed(request.method, ['GET', 'HEAD']);
}

function lookupInFolders(name: string): StaticFile | undefined {
  const path = findStatic(name);
  return path === undefined ? undefined : describeFile(path, 'no-cache');
}

function lookupInTable(root: string | null): Lookup {
  const files = root === null ? new Map<string, string>() : filesOf(root);
  const table = new Map(
    Array.from(files, ([name, path]) => [name, describeFile(path, 'max-age=60, public')]),
  );
  return (name) => table.get(name);
}

/** The path of STATIC_URL below the script name, as request paths are. */
function servedPrefix(): string {
  const prefix = staticPrefix();
  const scriptName = settings.FORCE_SCRIPT_NAME ?? '';
  return prefix.startsWith(`${scriptName}/`) ? prefix.slice(scriptName.length) : prefix;
}
