import { hash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { formatHttpDate, parseHttpDate } from '../../http/dates.ts';
import { ifNoneMatchHolds } from '../../http/etags.ts';
import { HttpResponse } from '../response.ts';
import type { HttpRequest } from '../request.ts';
import { contentType } from './content-types.ts';

/** A file with what its responses say about it. */
export interface StaticFile {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly etag: string;
  readonly modifiedSeconds: number;
}

/** Reads a file once. The ETag comes from the content, so that replicas agree on it. */
export function describeFile(path: string, cacheControl: string): StaticFile {
  const content = readFileSync(path);
  const { mtime } = statSync(path);
  const etag = `"${hash('sha256', content, 'base64url').slice(0, 27)}"`;
  const headers = {
    'Content-Length': String(content.length),
    'Cache-Control': cacheControl,
    ETag: etag,
    'Last-Modified': formatHttpDate(mtime),
  };
  return { path, headers, etag, modifiedSeconds: Math.floor(mtime.getTime() / 1000) };
}

/** The file, or 304 where the client has it already. */
export function fileResponse(file: StaticFile, request: HttpRequest): HttpResponse {
  if (isFresh(file, request)) {
    const { 'Content-Length': _, ...headers } = file.headers;
    return new HttpResponse('', { status: 304, headers });
  }
  return new HttpResponse(content(file.path), {
    headers: file.headers,
    contentType: contentType(file.path),
  });
}

async function* content(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path) as AsyncIterable<Uint8Array>;
}

/** RFC 9110 §13.2.2: If-Modified-Since counts only without If-None-Match. */
function isFresh(file: StaticFile, request: HttpRequest): boolean {
  const ifNoneMatch = request.headers.get('If-None-Match');
  if (ifNoneMatch !== undefined) return !ifNoneMatchHolds(ifNoneMatch, file.etag);
  const since = parseHttpDate(request.headers.get('If-Modified-Since') ?? '');
  return since !== undefined && since.getTime() / 1000 >= file.modifiedSeconds;
}
