import type { Bytes, Environ } from '@wsgi/wsgi';
import { quote } from '@wsgi/wsgi/url';
import { BadRequest, PayloadTooLarge } from './errors.ts';

/**
 * The whole body.
 *
 * @throws {BadRequest} where CONTENT_LENGTH is no number.
 * @throws {PayloadTooLarge} past the limit, before the rest is read.
 */
export async function readBody(environ: Environ, limitBytes: number): Promise<Bytes> {
  if ((contentLength(environ) ?? 0) > limitBytes) throw tooLarge(limitBytes);
  if (!hasBody(environ)) return NOTHING;
  const bytes = await environ['wsgi.input'].read(limitBytes + 1);
  if (bytes.length > limitBytes) throw tooLarge(limitBytes);
  return bytes;
}

const NOTHING: Bytes = new Uint8Array(0);

/**
 * The body as it comes.
 *
 * @throws {BadRequest} where CONTENT_LENGTH is no number.
 */
export function bodyPieces(environ: Environ): AsyncIterable<Bytes> | readonly Bytes[] {
  return hasBody(environ) ? environ['wsgi.input'] : [];
}

/** Without a length, one is there only where the server marks its end itself. */
function hasBody(environ: Environ): boolean {
  return Boolean(contentLength(environ) ?? environ['wsgi.input_terminated']);
}

/**
 * Text from a string of bytes (PEP 3333 "Unicode Issues"), read as UTF-8. Bytes that are not
 * UTF-8 are percent-encoded again, as they came: `/bad\xff` gives `/bad%FF`.
 */
export function decodeText(latin1: string): string {
  if (IS_ASCII.test(latin1)) return latin1;
  const wellFormed = latin1.replaceAll(UTF8_OR_BYTE, (match, byte?: string) =>
    byte === undefined ? match : quote(byte),
  );
  return Buffer.from(wellFormed, 'latin1').toString('utf8');
}

/** Percent-decoded; as it is where that gives no UTF-8. */
export function decodePercent(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Made once: making one takes as long as a small body. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Without the mark of UTF-8 at its start, which is no part of the text.
 *
 * @throws {BadRequest} where the bytes are not UTF-8.
 */
export function decodeBody(bytes: Bytes): string {
  return decodeExactly(bytes).replace(/^\uFEFF/, '');
}

/** @throws {BadRequest} where the bytes are not UTF-8. */
export function decodeExactly(bytes: Bytes): string {
  try {
    return UTF8.decode(bytes);
  } catch (error) {
    throw new BadRequest('The body is not UTF-8.', { cause: error });
  }
}

/** @throws {BadRequest} where the text is not JSON, or an object in it has a key `__proto__`. */
export function parseJson(text: string): unknown {
  const value = parse(text);
  if (text.includes('__proto__') || text.includes('\\u00')) refuseUnsafeKeys(value);
  return value;
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

/** @throws {BadRequest} where a name, copied into an object, would set the object's prototype. */
export function refuseUnsafeNames(names: Iterable<string>): void {
  for (const name of names) {
    if (name === '__proto__') throw new BadRequest("The name '__proto__' is refused.");
  }
}

export function tooLarge(limitBytes: number): PayloadTooLarge {
  return new PayloadTooLarge(
    `The body is larger than ${limitBytes} bytes (DATA_UPLOAD_MAX_MEMORY_SIZE).`,
  );
}

export function tooManyFields(limit: number): BadRequest {
  return new BadRequest(`More than ${limit} fields (DATA_UPLOAD_MAX_NUMBER_FIELDS).`);
}

const IS_ASCII = /^[^\x80-\xff]*$/;

// UTF8-octets = *( UTF8-char ) (RFC 3629 §4), else one byte, which is captured:
// UTF8-2 = %xC2-DF UTF8-tail
// UTF8-3 = %xE0 %xA0-BF UTF8-tail / %xE1-EC 2( UTF8-tail ) / %xED %x80-9F UTF8-tail / %xEE-EF 2( UTF8-tail )
// UTF8-4 = %xF0 %x90-BF 2( UTF8-tail ) / %xF1-F3 3( UTF8-tail ) / %xF4 %x80-8F 2( UTF8-tail )
const UTF8_OR_BYTE =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|([\x80-\xff])/g;

function contentLength(environ: Environ): number | undefined {
  if (environ.CONTENT_LENGTH === '') return undefined;
  if (/^\d+$/.test(environ.CONTENT_LENGTH)) return Number(environ.CONTENT_LENGTH);
  throw new BadRequest(`Content-Length is '${environ.CONTENT_LENGTH}': expected digits.`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BadRequest('The body is not JSON.', { cause: error });
  }
}

/** Looks into objects alone: a function that JSON.parse asks about each value takes a second for a large text. */
function refuseUnsafeKeys(value: unknown): void {
  const queue = [value];
  while (queue.length > 0) {
    const next = queue.pop();
    if (typeof next !== 'object' || next === null) continue;
    const isArray = Array.isArray(next);
    if (!isArray) refuseUnsafeNames(Object.keys(next));
    const items: readonly unknown[] = isArray ? next : Object.values(next);
    for (const item of items) if (typeof item === 'object') queue.push(item);
  }
}

function requireEncodedUtf8(text: string): void {
  if (!text.includes('%')) return;
  try {
    decodeURIComponent(text.replaceAll(/%(?![0-9A-Fa-f]{2})/g, '%25'));
  } catch (error) {
    throw new BadRequest('What is percent-encoded is not UTF-8.', { cause: error });
  }
}
