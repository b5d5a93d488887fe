import { PLAIN_TEXT, TOKEN } from '../../../http/grammar.ts';
import { ProtocolError } from '../../../http/protocol-error.ts';
import { recallName, type FieldName } from './field-name.ts';
import { octetClass, skip } from './octets.ts';

/** One field line, latin1. */
export interface Field extends FieldName {
  /** Without the white space around it. */
  readonly value: string;
  /** It can stand in quotes as it is: it has no quote, no backslash, no control character. */
  readonly isPlain: boolean;
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
