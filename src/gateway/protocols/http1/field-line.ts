import { ProtocolError } from '../../../http/protocol-error.ts';
import { octetClass, skip } from './octets.ts';

/** One field line: the name in lower case, the value without the white space around it, latin1. */
export interface Field {
  readonly name: string;
  readonly value: string;
}

// tchar (RFC 9110 §5.6.2)
const NAME_OCTETS = octetClass(/[!#$%&'*+\-.^_`|~0-9A-Za-z]/);
// OWS = *( SP / HTAB ) (RFC 9110 §5.6.3)
const WHITESPACE = octetClass(/[\t ]/);
// field-vchar = VCHAR / obs-text, with SP and HTAB between them (RFC 9110 §5.5)
const VALUE_OCTETS = octetClass(/[\t\x20-\x7e\x80-\xff]/);

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
  if (skip(bytes, valueStart, end, VALUE_OCTETS) < end) {
    throw new ProtocolError(400, 'control character in a field');
  }
  let valueEnd = end;
  while (valueEnd > valueStart && WHITESPACE[bytes[valueEnd - 1] ?? 0] === 1) valueEnd--;
  return {
    name: text.slice(start, nameEnd).toLowerCase(),
    value: text.slice(valueStart, valueEnd),
  };
}

function malformedName(line: string): ProtocolError {
  return new ProtocolError(
    400,
    line.includes(':') ? 'malformed field name' : 'field line without a colon',
  );
}
