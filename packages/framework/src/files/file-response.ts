import { realpath, stat } from 'node:fs/promises';
import { basename, relative, resolve, sep } from 'node:path';
import { create } from 'content-disposition';
import { NotFound } from '../errors.ts';
import type { HttpRequest } from '../request.ts';
import { HttpResponse } from '../response.ts';
import { settings } from '../settings.ts';
import { quotePath } from '../urls/script-prefix.ts';
import { fileInside, undefinedIfMissing } from './file-inside.ts';
import { contentType, openFile, respondWith } from './representation.ts';

/** How a file is sent. */
export interface FileOptions {
  /** The path is looked up below this folder, and nothing outside of it is sent: for paths that come from clients. */
  readonly root?: string;
  /** The browser saves the file instead of showing it. */
  readonly asAttachment?: boolean;
  /** The name under which it is saved, the file's own unless given. */
  readonly filename?: string;
  /** From the file's name unless given. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A file on the disk, with ranges and conditional requests; what is no file is a 404. Bytes from
 * elsewhere whose length is known go out in the same way by `respondWith`. Below
 * X_ACCEL_REDIRECT_ROOT nginx sends the file, and answers whether it is there.
 *
 * @throws {NotFound} where there is no such file.
 */
export async function fileResponse(
  request: HttpRequest,
  path: string,
  options: FileOptions = {},
): Promise<HttpResponse> {
  const file = options.root === undefined ? path : await fileInside(options.root, path);
  if (file === undefined) throw missing(path, options);
  const internalUrl = await acceleratedUrl(file);
  if (internalUrl !== undefined) return delegate(file, internalUrl, options);
  const stats = await stat(file).catch(undefinedIfMissing);
  if (!stats?.isFile()) throw missing(path, options);
  return respondWith(request, {
    sizeBytes: stats.size,
    contentType: options.contentType ?? contentType(file),
    etag: `"${stats.mtime.getTime().toString(36)}-${stats.size.toString(36)}"`,
    modified: stats.mtime,
    headers: headersFor(file, options),
    open: (range) => openFile(file, range),
  });
}

/** nginx reads the file, with its ranges and conditions, and sends it with these headers. */
function delegate(file: string, internalUrl: string, options: FileOptions): HttpResponse {
  return new HttpResponse('', {
    contentType: options.contentType ?? contentType(file),
    headers: { ...headersFor(file, options), 'X-Accel-Redirect': internalUrl },
  });
}

async function acceleratedUrl(file: string): Promise<string | undefined> {
  const root = settings.X_ACCEL_REDIRECT_ROOT;
  if (root === null) return undefined;
  // Where the root is a link, a file may be named by its real path.
  return urlBelow(root, file) ?? urlBelow(await realpath(root).catch(undefinedIfMissing), file);
}

function urlBelow(root: string | undefined, file: string): string | undefined {
  if (root === undefined) return undefined;
  const name = relative(root, resolve(file)).split(sep).join('/');
  const isBelow = name !== '' && !/^\.\.(?:\/|$)|^\//.test(name);
  return isBelow ? settings.X_ACCEL_REDIRECT_URL + quotePath(name) : undefined;
}

/** RFC 6266: whether a browser shows the file or saves it, and under which name. */
function headersFor(file: string, { asAttachment, filename, headers }: FileOptions) {
  if (!asAttachment && filename === undefined) return { ...headers };
  const name = (filename ?? basename(file)).toWellFormed().replaceAll(/\p{Cc}/gu, '_');
  const type = asAttachment ? 'attachment' : 'inline';
  return { 'Content-Disposition': create(name, { type }), ...headers };
}

/** A path that is not the client's own tells it nothing of ours. */
function missing(path: string, { root }: FileOptions): NotFound {
  return new NotFound(`There is no file '${root === undefined ? basename(path) : path}'.`);
}
