import { readFileSync, statSync } from 'node:fs';
import { selectEncoding } from '../../http/accept.ts';
import { contentEtag } from '../../http/etags.ts';
import { HttpError } from '../errors.ts';
import { contentType } from '../files/representation.ts';
import { openFile } from '../files/representation.ts';
import { respondWith, type Representation } from '../files/representation.ts';
import type { HttpRequest } from '../request.ts';
import type { HttpResponse } from '../response.ts';

/** A file with its precompressed variants, the smallest first. */
export interface StaticFile {
  readonly plain: Representation;
  readonly variants: readonly Representation[];
  /** The content codings of the variants. */
  readonly codings: readonly string[];
}

/** Reads a file once. The ETag comes from the content, so that replicas agree on it. */
export function describeFile(path: string): Representation {
  const content = readFileSync(path);
  return {
    sizeBytes: content.length,
    contentType: contentType(path),
    etag: contentEtag(content),
    modified: statSync(path).mtime,
    open: (range) => openFile(path, range),
  };
}

/** @throws {HttpError} 406 where the client refuses every variant, and the file as it is. */
export function staticResponse(request: HttpRequest, file: StaticFile): HttpResponse {
  const coding = selectEncoding(request.headers.get('Accept-Encoding'), file.codings);
  if (coding === undefined) throw new HttpError(406, 'There is no variant that is acceptable.');
  const variant = file.variants.find(({ contentEncoding }) => contentEncoding === coding);
  return respondWith(request, variant ?? file.plain);
}
