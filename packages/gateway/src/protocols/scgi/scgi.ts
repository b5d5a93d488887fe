import { ProtocolError } from '@wsgi/wsgi/status';
import { packetProtocol, type PacketSize } from '../cgi/packet-reader.ts';
import { checkCount, type Variable } from '../cgi/variables.ts';
import type { Protocol } from '../protocol.ts';

/**
 * SCGI: the variables in a netstring, `SIZE:NAME<NUL>VALUE<NUL>…,`; CONTENT_LENGTH is the first of them,
 * and SCGI is 1.
 */
export const SCGI: Protocol = packetProtocol({ statusStart: 'Status: ', measure, readVariables });

const COLON = 0x3a;
const COMMA = 0x2c;
const DIGITS_MAX = 8;
// [len] of a netstring: digits without a zero before them
const LENGTH = /^[1-9][0-9]*$/;

function measure(bytes: Buffer): PacketSize | undefined {
  const start = bytes.subarray(0, DIGITS_MAX + 1);
  const colon = start.indexOf(COLON);
  const digits = start.toString('latin1', 0, colon === -1 ? start.length : colon);
  const isRight = digits === '' ? colon === -1 : LENGTH.test(digits);
  if (!isRight || digits.length > DIGITS_MAX) throw new ProtocolError(400, 'malformed netstring');
  if (colon === -1) return undefined;
  const variablesStart = colon + 1;
  const variablesBytes = Number(digits);
  return { variablesStart, variablesBytes, packetBytes: variablesStart + variablesBytes + 1 };
}

function readVariables(packet: Buffer, { variablesStart, variablesBytes }: PacketSize): Variable[] {
  const end = variablesStart + variablesBytes;
  if (packet[end] !== COMMA) throw new ProtocolError(400, 'netstring without its comma');
  if (packet[end - 1] !== 0) throw new ProtocolError(400, 'variable without its end');
  const texts = packet.toString('latin1', variablesStart, end - 1).split('\0');
  if (texts.length % 2 !== 0) throw new ProtocolError(400, 'name without a value');
  checkCount(texts.length / 2);
  const variables = pairsOf(texts);
  // It is there where there is no body, too.
  if (texts[1] === '0') variables.shift();
  if (texts[0] !== 'CONTENT_LENGTH') throw new ProtocolError(400, 'CONTENT_LENGTH is not first');
  if (!variables.some(([name, value]) => name === 'SCGI' && value === '1')) {
    throw new ProtocolError(400, 'SCGI is not 1');
  }
  return variables;
}

function pairsOf(texts: readonly string[]): Variable[] {
  const pairs: Variable[] = [];
  for (let index = 0; index < texts.length; index += 2) {
    pairs.push([texts[index] ?? '', texts[index + 1] ?? '']);
  }
  return pairs;
}
