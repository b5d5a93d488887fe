import { PLAIN_TEXT } from '../../../http/grammar.ts';
import { ProtocolError } from '../../../http/protocol-error.ts';
import { recallName, type FieldName } from './field-name.ts';

/** One field line, latin1. */
export interface Field extends FieldName {
  /** Without the white space around it. */
  readonly value: string;
  /** It can stand in quotes as it is: it has no quote, no backslash, no control character. */
  readonly isPlain: boolean;
}

// tchar (RFC 9110 §5.6.2)
const NAME_OCTETS = octetClass(/[!#$%&'*+\-.^_`|~0-9A-Za-z]/);
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
  const { name, key, bit } = recallName(bytes, text, start, nameEnd);
  const value = text.slice(valueStart, valueEnd);
  return { name, key, bit, value, isPlain: plainEnd >= valueEnd };
}

function malformedName(line: string): ProtocolError {
  if (/^[\t ]/.test(line)) return new ProtocolError(400, 'folded field line');
  return new ProtocolError(
    400,
    line.includes(':') ? 'malformed field name' : 'field line without a colon',
  );
}

/** For each octet whether it belongs to a class of the grammar. */
type OctetClass = Uint8Array;

/** @param octet matches one character, as latin1. */
function octetClass(octet: RegExp): OctetClass {
  return Uint8Array.from({ length: 256 }, (_, code) =>
    Number(octet.test(String.fromCharCode(code))),
  );
}

/** The first offset from `start` on that is `end`, or whose octet is not of the class. */
function skip(bytes: Uint8Array, start: number, end: number, octets: OctetClass): number {
  let offset = start;
  while (offset < end && octets[bytes[offset] ?? 0] === 1) offset++;
  return offset;
}
