import { ProtocolError } from '@wsgi/wsgi/status';
import { packetProtocol, type PacketSize } from '../cgi/packet-reader.ts';
import { checkCount, type Variable } from '../cgi/variables.ts';
import type { Protocol } from '../protocol.ts';

const HEADER_BYTES = 4;
/** The modifier of a WSGI request. */
const WSGI = 0;

/**
 * The protocol of uWSGI: a header of modifier, size in two bytes, and a second modifier; then names and
 * values, each behind its length in two bytes; numbers are little-endian.
 */
export const UWSGI: Protocol = packetProtocol({
  // As uWSGI does: its router passes it on as it is.
  statusStart: 'HTTP/1.1 ',
  measure,
  readVariables,
});

function measure(bytes: Buffer): PacketSize | undefined {
  if (bytes.length > 0 && bytes[0] !== WSGI) {
    throw new ProtocolError(400, `no WSGI request: modifier ${bytes[0]}`);
  }
  if (bytes.length < HEADER_BYTES) return undefined;
  const variablesBytes = bytes.readUInt16LE(1);
  return {
    variablesStart: HEADER_BYTES,
    variablesBytes,
    packetBytes: HEADER_BYTES + variablesBytes,
  };
}

function readVariables(packet: Buffer, { variablesStart }: PacketSize): Variable[] {
  const variables: Variable[] = [];
  const text = packet.toString('latin1');
  let offset = variablesStart;
  const readText = (): string => {
    const start = offset + 2;
    const end = start <= packet.length ? start + packet.readUInt16LE(offset) : Infinity;
    if (end > packet.length) throw new ProtocolError(400, 'variable longer than its packet');
    offset = end;
    return text.slice(start, end);
  };
  while (offset < packet.length) {
    checkCount(variables.length + 1);
    variables.push([readText(), readText()]);
  }
  return variables;
}
