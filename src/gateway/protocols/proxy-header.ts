import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import { ProtocolError } from '../../http/protocol-error.ts';
import { withoutMapping } from '../../wsgi/url.ts';

/** The client that a load balancer speaks for; undefined where it speaks for itself. */
type ProxiedClient = { readonly address: string; readonly port: string } | undefined;

/** A header and the bytes behind it, which are the client's own. */
export interface ProxyHeader {
  readonly client: ProxiedClient;
  readonly rest: Buffer;
}

const V2_SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const V2_FIXED_BYTES = 16;
const V1_BYTES_MAX = 107;
const V2_BYTES_MAX = 4096;
const PORT_MAX = 65_535;

/** Reads the PROXY protocol header that a connection begins with (HAProxy's proxy-protocol.txt). */
export class ProxyHeaderReader {
  readonly #version: 'v1' | 'v2' | 'auto';
  #bytes: Buffer = Buffer.alloc(0);

  constructor(version: 'v1' | 'v2' | 'auto') {
    this.#version = version;
  }

  /**
   * Takes bytes, and gives the header once it is complete.
   *
   * @throws {ProtocolError} 400.
   */
  feed(bytes: Buffer): ProxyHeader | undefined {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    const looksLikeV2 = startsAlike(this.#bytes, V2_SIGNATURE);
    if (looksLikeV2 ? this.#version === 'v1' : this.#version === 'v2') throw malformed();
    return looksLikeV2 ? readV2(this.#bytes) : readV1(this.#bytes);
  }
}

// "PROXY" SP ( "TCP4" / "TCP6" ) SP source SP destination SP port SP port CRLF (section 2.1)
const V1 =
  /^PROXY (?:TCP([46]) ([\da-fA-F.:]+) ([\da-fA-F.:]+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})|UNKNOWN(?: [^\r\n]*)?)\r\n/;

function readV1(bytes: Buffer): ProxyHeader | undefined {
  const text = bytes.toString('latin1', 0, V1_BYTES_MAX);
  if (!startsAlike(bytes, Buffer.from('PROXY '))) throw malformed();
  if (!text.includes('\n')) {
    if (bytes.length >= V1_BYTES_MAX) throw malformed();
    return undefined;
  }
  const match = V1.exec(text);
  if (match === null) throw malformed();
  const [header, version, address = '', destination = '', port = '', destinationPort = ''] = match;
  const rest = bytes.subarray(header.length);
  if (version === undefined) return { client: undefined, rest };
  const isAddress = version === '4' ? isIPv4 : isIPv6;
  if (![address, destination].every(isAddress)) throw malformed();
  if (Number(port) > PORT_MAX || Number(destinationPort) > PORT_MAX) throw malformed();
  return { client: { address: version === '4' ? address : plainIPv6(address), port }, rest };
}

/** Section 2.2: signature, version and command, family, length, addresses, then what is skipped. */
function readV2(bytes: Buffer): ProxyHeader | undefined {
  if (bytes.length < V2_FIXED_BYTES) return undefined;
  const command = bytes.readUInt8(12);
  const family = bytes.readUInt8(13) >> 4;
  const end = V2_FIXED_BYTES + bytes.readUInt16BE(14);
  if (command >> 4 !== 2 || (command & 0xf) > 1 || end > V2_BYTES_MAX) throw malformed();
  if (bytes.length < end) return undefined;
  const isLocal = (command & 0xf) === 0;
  const addresses = bytes.subarray(V2_FIXED_BYTES, end);
  return { client: isLocal ? undefined : v2Client(family, addresses), rest: bytes.subarray(end) };
}

function v2Client(family: number, addresses: Buffer): ProxiedClient {
  if (family === 1 && addresses.length >= 12) {
    const address = [...addresses.subarray(0, 4)].join('.');
    return { address, port: String(addresses.readUInt16BE(8)) };
  }
  if (family === 2 && addresses.length >= 36) {
    const groups = Array.from({ length: 8 }, (_, n) => addresses.readUInt16BE(n * 2).toString(16));
    return { address: plainIPv6(groups.join(':')), port: String(addresses.readUInt16BE(32)) };
  }
  if (family === 1 || family === 2) throw malformed();
  return undefined;
}

/** The form that every other part of the server uses for an address (RFC 5952). */
function plainIPv6(address: string): string {
  return withoutMapping(new SocketAddress({ address, family: 'ipv6' }).address);
}

/** Whether what is there so far could still become, or is, the beginning. */
function startsAlike(bytes: Buffer, beginning: Buffer): boolean {
  const length = Math.min(bytes.length, beginning.length);
  return bytes.compare(beginning, 0, length, 0, length) === 0;
}

function malformed(): ProtocolError {
  return new ProtocolError(400, 'malformed PROXY protocol header');
}
