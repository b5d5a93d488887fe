import type { ProtocolName } from '../../src/settings/addresses.ts';

export type ProxyProtocol = Exclude<ProtocolName, 'http'>;

export const PROXY_PROTOCOLS: readonly ProxyProtocol[] = ['uwsgi', 'scgi', 'fastcgi'];

export type Pairs = readonly (readonly [name: string, value: string])[];

/** The variables of a plain GET, as a proxy tells them. */
export const VARIABLES: Pairs = [
  ['REQUEST_METHOD', 'GET'],
  ['REQUEST_URI', '/a?b'],
  ['QUERY_STRING', 'b'],
  ['SERVER_PROTOCOL', 'HTTP/1.1'],
  ['HTTP_HOST', 'localhost'],
];

/** The packet of uwsgi. */
export function uwsgiPacket(pairs: Pairs): Buffer {
  const content = Buffer.concat(pairs.flat().map(withLength));
  const header = Buffer.alloc(4);
  header.writeUInt16LE(content.length, 1);
  return Buffer.concat([header, content]);
}

function withLength(text: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16LE(text.length);
  return Buffer.concat([length, Buffer.from(text, 'latin1')]);
}

/** The netstring of SCGI. */
export function scgiPacket(pairs: Pairs): Buffer {
  const length = pairs.find(([name]) => name === 'CONTENT_LENGTH')?.[1] || '0';
  const others = pairs.filter(([name]) => name !== 'CONTENT_LENGTH');
  const all = [['CONTENT_LENGTH', length], ['SCGI', '1'], ...others].flat();
  const text = all.map((one) => `${one}\0`).join('');
  return Buffer.from(`${text.length}:${text},`, 'latin1');
}

/** A FastCGI record. */
export function record(
  type: number,
  requestId: number,
  content: Buffer = Buffer.alloc(0),
  paddingBytes = 0,
): Buffer {
  const header = Buffer.from([1, type, 0, 0, 0, 0, paddingBytes, 0]);
  header.writeUInt16BE(requestId, 2);
  header.writeUInt16BE(content.length, 4);
  return Buffer.concat([header, content, Buffer.alloc(paddingBytes)]);
}

export function beginRecord(requestId: number, isKept: boolean): Buffer {
  return record(1, requestId, Buffer.from([0, 1, isKept ? 1 : 0, 0, 0, 0, 0, 0]));
}

export function pairsContent(pairs: Pairs): Buffer {
  return Buffer.concat(
    pairs.flatMap(([name, value]) => [
      pairLength(name),
      pairLength(value),
      Buffer.from(name + value, 'latin1'),
    ]),
  );
}

function pairLength({ length }: string): Buffer {
  if (length < 128) return Buffer.from([length]);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length + 0x8000_0000);
  return bytes;
}

/** A stream in records, with its end. */
export function streamRecords(type: number, requestId: number, content: Buffer): Buffer {
  const records: Buffer[] = [];
  for (let offset = 0; offset < content.length; offset += 65_535) {
    records.push(record(type, requestId, content.subarray(offset, offset + 65_535), offset % 8));
  }
  return Buffer.concat([...records, record(type, requestId)]);
}

export function fastcgiHead(pairs: Pairs, { requestId = 1, isKept = false } = {}): Buffer {
  return Buffer.concat([
    beginRecord(requestId, isKept),
    streamRecords(4, requestId, pairsContent(pairs)),
  ]);
}

/** A whole request with its body. */
export function proxyRequest(protocol: ProxyProtocol, pairs: Pairs, body: string = ''): Buffer {
  const bytes = Buffer.from(body, 'latin1');
  const told: Pairs =
    body === '' ? pairs : [...pairs, ['CONTENT_LENGTH', String(body.length)] as const];
  if (protocol === 'uwsgi') return Buffer.concat([uwsgiPacket(told), bytes]);
  if (protocol === 'scgi') return Buffer.concat([scgiPacket(told), bytes]);
  return Buffer.concat([fastcgiHead(told), streamRecords(5, 1, bytes)]);
}
