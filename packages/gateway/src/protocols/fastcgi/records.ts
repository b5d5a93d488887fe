import { ProtocolError } from '@wsgi/wsgi/status';
import { checkCount, type Variable } from '../cgi/variables.ts';

// The FastCGI specification 1.0; the numbers are of its §8.

export const HEADER_BYTES = 8;
export const CONTENT_BYTES_MAX = 65_535;
export const BEGIN_BYTES = 8;

export const Type = {
  beginRequest: 1,
  abortRequest: 2,
  endRequest: 3,
  params: 4,
  stdin: 5,
  stdout: 6,
  getValues: 9,
  getValuesResult: 10,
  unknownType: 11,
} as const;

export const EndStatus = { requestComplete: 0, cannotMultiplex: 1, unknownRole: 3 } as const;

const VERSION = 1;

export interface RecordHeader {
  readonly type: number;
  /** 0 for what is about the connection. */
  readonly requestId: number;
  readonly contentBytes: number;
  readonly paddingBytes: number;
}

/**
 * The header that the bytes begin with (§3.3).
 *
 * @throws {ProtocolError} 400.
 */
export function readHeader(bytes: Buffer): RecordHeader {
  const [version, type = 0] = bytes;
  if (version !== VERSION) throw new ProtocolError(400, `no FastCGI record: version ${version}`);
  return {
    type,
    requestId: bytes.readUInt16BE(2),
    contentBytes: bytes.readUInt16BE(4),
    paddingBytes: bytes[6] ?? 0,
  };
}

/** A header, as latin1. */
export function encodeHeader(type: number, requestId: number, contentBytes: number): string {
  return String.fromCharCode(
    VERSION,
    type,
    requestId >> 8,
    requestId & 255,
    contentBytes >> 8,
    contentBytes & 255,
    0,
    0,
  );
}

/** §5.5, as latin1. */
export function encodeEndRequest(requestId: number, endStatus: number): string {
  const content = String.fromCharCode(0, 0, 0, 0, endStatus, 0, 0, 0);
  return encodeHeader(Type.endRequest, requestId, content.length) + content;
}

/** §4.2, as latin1. */
export function encodeUnknownType(type: number): string {
  const content = String.fromCharCode(type, 0, 0, 0, 0, 0, 0, 0);
  return encodeHeader(Type.unknownType, 0, content.length) + content;
}

/** §4.1, as latin1: of what is asked for, that requests of one connection come one after the other. */
export function encodeValues(asked: readonly Variable[]): string {
  const name = 'FCGI_MPXS_CONNS';
  const isAsked = asked.some(([one]) => one === name);
  const content = isAsked ? `${String.fromCharCode(name.length, 1)}${name}0` : '';
  return encodeHeader(Type.getValuesResult, 0, content.length) + content;
}

/**
 * Names and values, each pair behind its two lengths, of one byte or of four (§3.4).
 *
 * @throws {ProtocolError} 400, 431.
 */
export function readPairs(bytes: Buffer): Variable[] {
  const pairs: Variable[] = [];
  const text = bytes.toString('latin1');
  let offset = 0;
  const readLength = (): number => {
    const first = bytes[offset] ?? 0;
    const isLong = first > 127;
    if (offset + (isLong ? 4 : 1) > bytes.length) throw pairTooLong();
    const length = isLong ? bytes.readUInt32BE(offset) & 0x7fff_ffff : first;
    offset += isLong ? 4 : 1;
    return length;
  };
  while (offset < bytes.length) {
    checkCount(pairs.length + 1);
    const nameBytes = readLength();
    const valueBytes = readLength();
    const nameEnd = offset + nameBytes;
    const end = nameEnd + valueBytes;
    if (end > bytes.length) throw pairTooLong();
    pairs.push([text.slice(offset, nameEnd), text.slice(nameEnd, end)]);
    offset = end;
  }
  return pairs;
}

function pairTooLong(): ProtocolError {
  return new ProtocolError(400, 'variable longer than its stream');
}
