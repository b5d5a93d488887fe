import type { Bytes, Environ } from '../wsgi/types.ts';
import { BadRequest, PayloadTooLarge } from './errors.ts';

/**
 * The whole body.
 *
 * @throws {BadRequest} where CONTENT_LENGTH is no number.
 * @throws {PayloadTooLarge} past the limit, before the rest is read.
 */
export async function readBody(environ: Environ, limitBytes: number): Promise<Bytes> {
  const announcedBytes = contentLength(environ);
  if (announcedBytes !== undefined && announcedBytes > limitBytes) throw tooLarge(limitBytes);
  if (announcedBytes === 0) return Buffer.alloc(0);
  const pieces: Bytes[] = [];
  let receivedBytes = 0;
  for await (const piece of environ['wsgi.input']) {
    receivedBytes += piece.length;
    if (receivedBytes > limitBytes) throw tooLarge(limitBytes);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** @throws {BadRequest} where the bytes are not UTF-8. */
export function decodeBody(bytes: Bytes): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new BadRequest('The body is not UTF-8.', { cause: error });
  }
}

/** @throws {BadRequest} where the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BadRequest('The body is not JSON.', { cause: error });
  }
}

/**
 * The fields of a query or a form, in their order, repeats included.
 *
 * @throws {BadRequest} where there are more than the limit.
 */
export function parseFields(text: string, limit: number): URLSearchParams {
  const fields = new URLSearchParams(text);
  if (fields.size > limit) throw new BadRequest(`More than ${limit} fields.`);
  return fields;
}

/** Without a length, a body is there only where the server marks its end itself. */
function contentLength(environ: Environ): number | undefined {
  if (environ.CONTENT_LENGTH === '') return environ['wsgi.input_terminated'] ? undefined : 0;
  if (!/^\d+$/.test(environ.CONTENT_LENGTH)) {
    throw new BadRequest(`Content-Length is '${environ.CONTENT_LENGTH}': expected digits.`);
  }
  return Number(environ.CONTENT_LENGTH);
}

function tooLarge(limitBytes: number): PayloadTooLarge {
  return new PayloadTooLarge(
    `The body is larger than ${limitBytes} bytes (DATA_UPLOAD_MAX_MEMORY_SIZE).`,
  );
}
