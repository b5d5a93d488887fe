import { PLAIN_TEXT, TOKEN, cgiName, type CgiName } from '@wsgi/wsgi/headers';
import { ProtocolError } from '@wsgi/wsgi/status';

/** One field line, latin1. */
export interface Field extends FieldName {
  /** Without the white space around it. */
  readonly value: string;
  /** It can stand in quotes as it is: it has no quote, no backslash, no control character. */
  readonly isPlain: boolean;
}

export interface FieldName {
  /** As it came, in any case. */
  readonly sent: string;
  /** In lower case. */
  readonly name: string;
  /** Its environ key; none for a name with a `_`. */
  readonly key: CgiName | undefined;
  /** One of 32: names whose bits differ are different. */
  readonly bit: number;
}

/** What a client sends the same with each request, and is no secret: the lines that are kept. */
const STEADY_NAMES: ReadonlySet<string> = new Set(
  (
    'accept accept-encoding accept-language cache-control connection content-type dnt host origin ' +
    'pragma priority sec-ch-ua sec-ch-ua-mobile sec-ch-ua-platform sec-fetch-dest sec-fetch-mode ' +
    'sec-fetch-site sec-fetch-user upgrade-insecure-requests user-agent x-forwarded-host x-forwarded-proto'
  ).split(' '),
);

interface KnownLine {
  readonly line: string;
  readonly field: Field;
}

const LINE_LENGTH_MAX = 256;
const LINE_PLACES = 512;
/** Two lines a place: of ten, some two share one with every eleventh client, and three with hardly any. */
const knownLines = Array.from<KnownLine | undefined>({ length: 2 * LINE_PLACES });

/**
 * `readField`, but a line that was read before is only compared. It is looked for where its length and
 * three of its octets point to. A third one there puts the older of the two out.
 *
 * @throws {ProtocolError} 400.
 */
export function recallField(bytes: Uint8Array, text: string, start: number, end: number): Field {
  const place = 2 * (hashOf(bytes, start, end) % LINE_PLACES);
  const newer = knownLines[place];
  if (newer !== undefined && text.slice(start, end) === newer.line) return newer.field;
  const older = knownLines[place + 1];
  if (older !== undefined && text.slice(start, end) === older.line) return older.field;
  const field = readField(bytes, text, start, end);
  if (!STEADY_NAMES.has(field.name) || end - start > LINE_LENGTH_MAX) return field;
  const line = copyOf(text.slice(start, end));
  const kept = { line, field: readField(Buffer.from(line, 'latin1'), line, 0, line.length) };
  knownLines[place + 1] = newer;
  knownLines[place] = kept;
  return kept.field;
}

/** A number that tells most texts apart, at the price of three octets. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start] ?? 0;
  const middle = bytes[(start + end) >> 1] ?? 0;
  const last = bytes[end - 1] ?? 0;
  return (end - start) * 31 + first * 7 + middle * 5 + last;
}

const NAME_OCTETS = octetClass(TOKEN);
// OWS = *( SP / HTAB ) (RFC 9110 §5.6.3)
const WHITESPACE = octetClass(/[\t ]/);
// field-vchar = VCHAR / obs-text, with SP and HTAB between them (RFC 9110 §5.5)
const VALUE_OCTETS = octetClass(/[\t\x20-\x7e\x80-\xff]/);
const PLAIN_OCTETS = octetClass(PLAIN_TEXT);

const COLON = 0x3a;

/**
 * Reads the line between two offsets (RFC 9112 §5); one that starts with white space would be obs-fold
 * (§5.2), which a server refuses. It comes twice: as bytes to look at, and as latin1 to cut from.
 *
 * @throws {ProtocolError} 400.
 */
export function readField(bytes: Uint8Array, text: string, start: number, end: number): Field {
  const nameEnd = skip(bytes, start, end, NAME_OCTETS);
  if (nameEnd === start || bytes[nameEnd] !== COLON) throw malformedName(text.slice(start, end));
  const valueStart = skip(bytes, nameEnd + 1, end, WHITESPACE);
  const plainEnd = skip(bytes, valueStart, end, PLAIN_OCTETS);
  if (skip(bytes, plainEnd, end, VALUE_OCTETS) < end) {
    throw new ProtocolError(400, 'control character in a field');
  }
  let valueEnd = end;
  while (valueEnd > valueStart && WHITESPACE[bytes[valueEnd - 1] ?? 0] === 1) valueEnd--;
  const { sent, name, key, bit } = recallName(bytes, text, start, nameEnd);
  const value = text.slice(valueStart, valueEnd);
  return { sent, name, key, bit, value, isPlain: plainEnd >= valueEnd };
}

function malformedName(line: string): ProtocolError {
  if (/^[\t ]/.test(line)) return new ProtocolError(400, 'folded field line');
  return new ProtocolError(
    400,
    line.includes(':') ? 'malformed field name' : 'field line without a colon',
  );
}

const NAME_LENGTH_MAX = 32;
const NAME_PLACES = 256;
/** One name a place. */
const knownNames = Array.from<FieldName | undefined>({ length: NAME_PLACES });

/** Clients send the same few names: each is taken apart once, and compared from then on. */
function recallName(bytes: Uint8Array, text: string, start: number, end: number): FieldName {
  const sent = text.slice(start, end);
  const place = hashOf(bytes, start, end) % NAME_PLACES;
  const known = knownNames[place];
  if (known?.sent === sent) return known;
  const learned = learnName(copyOf(sent));
  if (sent.length <= NAME_LENGTH_MAX) knownNames[place] = learned;
  return learned;
}

/** @param sent a token. */
export function learnName(sent: string): FieldName {
  const name = sent.toLowerCase();
  let sum = 0;
  for (const octet of Buffer.from(name, 'latin1')) sum += octet;
  return { sent, name, key: cgiName(name), bit: 1 << (sum % 32) };
}

/** V8's slice would keep all of the text in memory, and what else the client sent in it. */
function copyOf(slice: string): string {
  return Buffer.from(slice, 'latin1').toString('latin1');
}

/** For each octet whether it belongs to a class of the grammar. */
type OctetClass = Uint8Array;

/** @param octet matches one character, as latin1. */
export function octetClass(octet: RegExp): OctetClass {
  return Uint8Array.from({ length: 256 }, (_, code) =>
    Number(octet.test(String.fromCharCode(code))),
  );
}

/** The first offset from `start` on that is `end`, or whose octet is not of the class. */
export function skip(bytes: Uint8Array, start: number, end: number, octets: OctetClass): number {
  let offset = start;
  while (offset < end && octets[bytes[offset] ?? 0] === 1) offset++;
  return offset;
}
