import { readFileSync, statSync } from 'node:fs';
import { selectEncoding } from '../http/accept.ts';
import { contentEtag } from '../http/preconditions.ts';
import type { Awaitable } from '@wsgi/wsgi';
import { HttpError, MethodNotAllowed, NotFound } from '../errors.ts';
import { fileInside, filesInside } from '../files/file-inside.ts';
import {
  contentType,
  openFile,
  respondWith,
  type Representation,
} from '../files/representation.ts';
import { log } from '../logging.ts';
import { whenReady, type Handler } from '../middleware/middleware.ts';
import type { HttpRequest } from '../request.ts';
import type { HttpResponse } from '../response.ts';
import { settings } from '../settings.ts';
import { belowMountPoint, scriptPrefix } from '../urls/script-prefix.ts';
import { loadHashedNames, MANIFEST_NAME } from './manifest.ts';
import { isLeftover, missingManifest, staticPrefix } from './static-url.ts';
import { CODINGS } from './variants.ts';

/**
 * Serves what is below STATIC_URL: under DEBUG the files as they are in STATICFILES_DIRS, else those
 * that STATIC_ROOT had at the start, compressed where collectstatic has made a variant.
 */
export function staticFiles(getResponse: Handler): Handler {
  // Below the script name, as request paths are.
  const prefix = belowMountPoint(scriptPrefix(), staticPrefix());
  const lookup = settings.DEBUG ? lookupInFolders : lookupInTable(settings.STATIC_ROOT);
  return (request) => {
    if (!request.path.startsWith(prefix)) return getResponse(request);
    return whenReady(lookup(request.path.slice(prefix.length)), (file) => serve(request, file));
  };
}

interface StaticFile {
  readonly plain: Representation;
  /** The precompressed variants by their codings, the smallest first. */
  readonly variants: ReadonlyMap<string, Representation>;
}

/** @throws {HttpError} 406 where the client refuses every variant, and the file as it is. */
function serve(request: HttpRequest, file: StaticFile | undefined): HttpResponse {
  if (!file) throw new NotFound(`There is no static file for '${request.path}'.`);
  if (!request.isRead) throw new MethodNotAllowed(request.method, ['GET', 'HEAD']);
  const accepted = request.headers.get('Accept-Encoding');
  const coding = selectEncoding(accepted, [...file.variants.keys()]);
  if (coding === undefined) throw new HttpError(406, 'There is no variant that is acceptable.');
  return respondWith(request, file.variants.get(coding) ?? file.plain);
}

/** The first of STATICFILES_DIRS that has the file wins. */
async function lookupInFolders(name: string): Promise<StaticFile | undefined> {
  if (isLeftover(name)) return undefined;
  for (const folder of settings.STATICFILES_DIRS) {
    const path = await fileInside(folder, name);
    if (path === undefined) continue;
    const plain = { ...describeFile(path), headers: { 'Cache-Control': 'no-cache' } };
    return { plain, variants: new Map() };
  }
  return undefined;
}

function lookupInTable(root: string | null): (name: string) => Awaitable<StaticFile | undefined> {
  if (root === null) return () => undefined;
  const hashedNames = loadHashedNames(root);
  if (hashedNames === undefined) log.warn({ setting: 'STATIC_ROOT' }, missingManifest(root));
  const table = staticTable(root, new Set(hashedNames?.values()));
  return (name) => table.get(name);
}

const IMMUTABLE = 'max-age=315360000, public, immutable';
const SHORT = 'max-age=60, public';

/** Every file of STATIC_ROOT by its name. What comes to the disk later is not in it. */
function staticTable(root: string, hashedNames: ReadonlySet<string>): Map<string, StaticFile> {
  const paths = filesInside(root);
  paths.delete(MANIFEST_NAME);
  const files = new Map(Array.from(paths, ([name, path]) => [name, describeFile(path)]));
  return new Map(
    Array.from(files, ([name, file]) => {
      const variants = variantsOf(name, files);
      const headers = {
        'Cache-Control': hashedNames.has(name) ? IMMUTABLE : SHORT,
        ...(variants.length > 0 && { Vary: 'Accept-Encoding' }),
      };
      // What is said of the file holds for its variants, but for the bytes themselves.
      const plain = { ...file, headers };
      const compressed = variants.map(({ coding, file: { sizeBytes, etag, open } }) => {
        const variant = { ...plain, sizeBytes, contentEncoding: coding, etag, open };
        return [coding, variant] as const;
      });
      return [name, { plain, variants: new Map(compressed) }];
    }),
  );
}

function variantsOf(name: string, files: ReadonlyMap<string, Representation>) {
  const variants = CODINGS.flatMap(({ extension, name: coding }) => {
    const file = files.get(name + extension);
    return file === undefined ? [] : [{ coding, file }];
  });
  return variants.toSorted((one, other) => one.file.sizeBytes - other.file.sizeBytes);
}

/** Reads a file once. The ETag comes from the content, so that replicas agree on it. */
function describeFile(path: string): Representation {
  const content = readFileSync(path);
  return {
    sizeBytes: content.length,
    contentType: contentType(path),
    etag: contentEtag(content),
    modified: statSync(path).mtime,
    open: (range) => openFile(path, range),
  };
}
