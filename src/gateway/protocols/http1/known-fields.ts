import { readField, type Field } from './field-line.ts';

interface KnownLine {
  readonly line: string;
  readonly field: Field;
}

/** What a client sends the same with each request, and is no secret: the lines that are kept. */
const STEADY_NAMES: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'connection',
  'content-type',
  'dnt',
  'host',
  'origin',
  'pragma',
  'priority',
  'sec-ch-ua',
  'sec-ch-ua-mobile',
  'sec-ch-ua-platform',
  'sec-fetch-dest',
  'sec-fetch-mode',
  'sec-fetch-site',
  'sec-fetch-user',
  'upgrade-insecure-requests',
  'user-agent',
  'x-forwarded-host',
  'x-forwarded-proto',
]);
const KEPT_LENGTH_MAX = 256;
const SLOTS = 512;
const knownLines = Array.from<KnownLine | undefined>({ length: SLOTS });

/**
 * `readField`, but a line that was read before is only compared. It is looked for where its length and
 * three of its octets point to; one that shares the place with another takes it over.
 *
 * @throws {ProtocolError} 400.
 */
export function recallField(bytes: Uint8Array, text: string, start: number, end: number): Field {
  const slot = slotOf(bytes, start, end);
  const known = knownLines[slot];
  if (known !== undefined && text.slice(start, end) === known.line) return known.field;
  const field = readField(bytes, text, start, end);
  if (!STEADY_NAMES.has(field.name) || end - start > KEPT_LENGTH_MAX) return field;
  const kept = copyOfLine(text.slice(start, end));
  knownLines[slot] = kept;
  return kept.field;
}

function slotOf(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start] ?? 0;
  const middle = bytes[(start + end) >> 1] ?? 0;
  const last = bytes[end - 1] ?? 0;
  return ((end - start) * 31 + first * 7 + middle * 5 + last) % SLOTS;
}

/** V8's slice would keep all of the text in memory, and what else the client sent in it. */
function copyOfLine(slice: string): KnownLine {
  const bytes = Buffer.from(slice, 'latin1');
  const line = bytes.toString('latin1');
  return { line, field: readField(bytes, line, 0, line.length) };
}
