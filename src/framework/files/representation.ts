import { createReadStream } from 'node:fs';
import { extname } from 'node:path';
import * as mime from 'mime-types';
import { evaluatePreconditions, ifRangeHolds, type Validators } from '../../http/preconditions.ts';
import { contentRange, parseByteRange, type ByteRange } from '../../http/ranges.ts';
import { formatHttpDate } from '../../http/dates.ts';
import type { Bytes } from '../../wsgi/types.ts';
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
  if (!request.isRead) return whole(request, representation);
  const result = evaluatePreconditions(request.method, request.headers, representation, true);
  if (result === 'failed') throw new HttpError(412, 'The file is not in the expected state.');
  if (result === 'not-modified') return notModified(representation);
  const range = requestedRange(request, representation);
  if (range === undefined) return whole(request, representation);
  return range === 'unsatisfiable' ? unsatisfiable(representation) : part(range, representation);
}

/** RFC 9110 §14.2: ranges are defined for GET alone. */
function requestedRange(
  request: HttpRequest,
  representation: Representation,
): ByteRange | 'unsatisfiable' | undefined {
  const field = request.method === 'GET' ? request.headers.get('Range') : undefined;
  if (field === undefined) return undefined;
  const ifRange = request.headers.get('If-Range');
  if (ifRange !== undefined && !ifRangeHolds(ifRange, representation)) return undefined;
  return parseByteRange(field, representation.sizeBytes);
}

function whole(request: HttpRequest, representation: Representation): HttpResponse {
  const { sizeBytes } = representation;
  const isEmpty = request.method === 'HEAD' || sizeBytes === 0;
  return new HttpResponse(isEmpty ? '' : representation.open({ first: 0, last: sizeBytes - 1 }), {
    headers: contentHeaders(representation, sizeBytes),
  });
}

function part(range: ByteRange, representation: Representation): HttpResponse {
  const response = new HttpResponse(representation.open(range), {
    status: 206,
    headers: contentHeaders(representation, range.last - range.first + 1),
  });
  response.headers.set('Content-Range', contentRange(range, representation.sizeBytes));
  return response;
}

function unsatisfiable({ sizeBytes }: Representation): HttpResponse {
  const headers = { 'Content-Range': contentRange(undefined, sizeBytes) };
  return new HttpResponse('', { status: 416, headers });
}

function notModified(representation: Representation): HttpResponse {
  return new HttpResponse('', { status: 304, headers: stateHeaders(representation) });
}

function contentHeaders(representation: Representation, lengthBytes: number) {
  const { contentEncoding } = representation;
  return {
    'Content-Type': representation.contentType,
    'Content-Length': String(lengthBytes),
    ...(contentEncoding !== undefined && { 'Content-Encoding': contentEncoding }),
    'Accept-Ranges': 'bytes',
    ...stateHeaders(representation),
  };
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
