import { CollectedBytes } from '../wsgi/input-stream.ts';
import type { Bytes, Environ } from '../wsgi/types.ts';
import { BadRequest, PayloadTooLarge } from './errors.ts';
import { refuseUnsafeNames } from './unsafe-names.ts';

/**
 * The whole body.
 *
 * @throws {BadRequest} where CONTENT_LENGTH is no number.
 * @throws {PayloadTooLarge} past the limit, before the rest is read.
 */
export async function readBody(environ: Environ, limitBytes: number): Promise<Bytes> {
  if ((contentLength(environ) ?? 0) > limitBytes) throw tooLarge(limitBytes);
  const collected = new CollectedBytes();
  let receivedBytes = 0;
  for await (const piece of bodyPieces(environ)) {
    receivedBytes += piece.length;
    if (receivedBytes > limitBytes) throw tooLarge(limitBytes);
    collected.append(piece);
  }
  return collected.bytes();
}

/**
 * The body as it comes. Without a length, one is there only where the server marks its end itself.
 *
 * @throws {BadRequest} where CONTENT_LENGTH is no number.
 */
export function bodyPieces(environ: Environ): AsyncIterable<Bytes> | readonly Bytes[] {
  const isThere = contentLength(environ) ?? environ['wsgi.input_terminated'];
  return isThere ? environ['wsgi.input'] : [];
}

/** @throws {BadRequest} where the bytes are not UTF-8. */
export function decodeBody(bytes: Bytes): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new BadRequest('The body is not UTF-8.', { cause: error });
  }
}

/** @throws {BadRequest} where the text is not JSON, or an object in it has a key `__proto__`. */
export function parseJson(text: string): unknown {
  const mayHideUnsafeName = text.includes('__proto__') || text.includes('\\u00');
  try {
    return JSON.parse(text, mayHideUnsafeName ? refuseUnsafeKey : undefined);
  } catch (error) {
    if (error instanceof BadRequest) throw error;
    throw new BadRequest('The body is not JSON.', { cause: error });
  }
}

/**
 * The fields of a query or a form, in their order, repeats included.
 *
 * @throws {BadRequest} where there are more than the limit, one is named `__proto__`, or what is
 * percent-encoded is not UTF-8.
 */
export function parseFields(text: string, limit: number): URLSearchParams {
  // Counted before they are read: what is too much costs nothing.
  if (text !== '' && text.split('&', limit + 1).length > limit) throw tooManyFields(limit);
  requireEncodedUtf8(text);
  const fields = new URLSearchParams(text);
  refuseUnsafeNames(fields.keys());
  return fields;
}

export function tooLarge(limitBytes: number): PayloadTooLarge {
  return new PayloadTooLarge(
    `The body is larger than ${limitBytes} bytes (DATA_UPLOAD_MAX_MEMORY_SIZE).`,
  );
}

export function tooManyFields(limit: number): BadRequest {
  return new BadRequest(`More than ${limit} fields (DATA_UPLOAD_MAX_NUMBER_FIELDS).`);
}

function contentLength(environ: Environ): number | undefined {
  if (environ.CONTENT_LENGTH === '') return undefined;
  if (/^\d+$/.test(environ.CONTENT_LENGTH)) return Number(environ.CONTENT_LENGTH);
  throw new BadRequest(`Content-Length is '${environ.CONTENT_LENGTH}': expected digits.`);
}

function refuseUnsafeKey(key: string, value: unknown): unknown {
  refuseUnsafeNames([key]);
  return value;
}

function requireEncodedUtf8(text: string): void {
  if (!text.includes('%')) return;
  try {
    decodeURIComponent(text.replaceAll(/%(?![0-9A-Fa-f]{2})/g, '%25'));
  } catch (error) {
    throw new BadRequest('What is percent-encoded is not UTF-8.', { cause: error });
  }
}
