import { createReadStream } from 'node:fs';
import { extname } from 'node:path';
import * as mime from 'mime-types';
import { evaluatePreconditions, ifRangeHolds, type Validators } from '../http/preconditions.ts';
import {
  contentRange,
  parseByteRange,
  type ByteRange,
  type RequestedRange,
} from '../http/ranges.ts';
import { formatHttpDate } from '../http/dates.ts';
import type { Bytes } from '@wsgi/wsgi';
import { HttpError } from '../errors.ts';
import type { HttpRequest } from '../request.ts';
import { HttpResponse } from '../response.ts';

/** RFC 9110 §3.2: bytes of a known length, wherever they come from, and what is said about them. */
export interface Representation extends Validators {
  readonly sizeBytes: number;
  readonly contentType: string;
  readonly contentEncoding?: string;
  /** Sent with the whole, with a part, and with 304: Cache-Control, Vary and the like. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The bytes of one range, called once at most. */
  readonly open: (range: ByteRange) => AsyncIterable<Bytes> | Iterable<Bytes>;
}

/**
 * What a request is answered with: the whole, the part that it asks for, or that the client has it
 * already. Of several ranges none is heeded, as RFC 9110 §14.2 allows: the answer is the whole.
 *
 * @throws {HttpError} 412 where the request depends on another state.
 */
export function respondWith(request: HttpRequest, representation: Representation): HttpResponse {
  if (!request.isRead) return content(request, representation);
  const result = evaluatePreconditions(request.method, request.headers, representation, true);
  if (result === 'failed') throw new HttpError(412, 'The file is not in the expected state.');
  if (result === 'not-modified') {
    return new HttpResponse('', { status: 304, headers: stateHeaders(representation) });
  }
  const range = requestedRange(request, representation);
  if (range !== 'unsatisfiable') return content(request, representation, range);
  const headers = { 'Content-Range': contentRange(undefined, representation.sizeBytes) };
  return new HttpResponse('', { status: 416, headers });
}

/** RFC 9110 §14.2: ranges are defined for GET alone. */
function requestedRange(request: HttpRequest, representation: Representation): RequestedRange {
  const field = request.method === 'GET' ? request.headers.get('Range') : undefined;
  if (field === undefined) return undefined;
  const ifRange = request.headers.get('If-Range');
  if (ifRange !== undefined && !ifRangeHolds(ifRange, representation)) return undefined;
  return parseByteRange(field, representation.sizeBytes);
}

/** The part, or the whole without a range. */
function content(request: HttpRequest, representation: Representation, range?: ByteRange) {
  const { sizeBytes, contentEncoding } = representation;
  const { first, last } = range ?? { first: 0, last: sizeBytes - 1 };
  const isEmpty = request.method === 'HEAD' || sizeBytes === 0;
  return new HttpResponse(isEmpty ? '' : representation.open({ first, last }), {
    status: range ? 206 : 200,
    headers: {
      'Content-Type': representation.contentType,
      'Content-Length': String(last - first + 1),
      ...(contentEncoding !== undefined && { 'Content-Encoding': contentEncoding }),
      'Accept-Ranges': 'bytes',
      ...stateHeaders(representation),
      ...(range && { 'Content-Range': contentRange(range, sizeBytes) }),
    },
  });
}

/** RFC 9110 §15.4.5: what a 304 repeats. */
function stateHeaders({ etag, modified, headers }: Representation) {
  return {
    ...(etag !== undefined && { ETag: etag }),
    ...(modified !== undefined && { 'Last-Modified': formatHttpDate(modified) }),
    ...headers,
  };
}

/** The Content-Type of a file, from its name. */
export function contentType(name: string): string {
  return mime.contentType(extname(name)) || 'application/octet-stream';
}

/** The bytes of a range of a file. Opened when they are asked for, closed with the loop. */
export async function* openFile(path: string, { first, last }: ByteRange): AsyncGenerator<Bytes> {
  yield* createReadStream(path, { start: first, end: last }) as AsyncIterable<Bytes>;
}
