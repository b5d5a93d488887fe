import { BlockList, isIP, isIPv6 } from 'node:net';
import { uriHost } from '@wsgi/wsgi/url';

/** Where to listen: a TCP host and port, or a unix socket. */
export type Address = TcpAddress | UnixAddress;

export const PROTOCOL_NAMES = ['http', 'uwsgi', 'scgi', 'fastcgi'] as const;
export type ProtocolName = (typeof PROTOCOL_NAMES)[number];

interface Spoken {
  /** What is spoken there; HTTP, unless the settings have another default. */
  readonly protocol?: ProtocolName;
}

export interface UnixAddress extends Spoken {
  readonly kind: 'unix';
  readonly path: string;
}

export interface TcpAddress extends Spoken {
  readonly kind: 'tcp';
  readonly host: string;
  readonly port: number;
}

// HOST:PORT, [IPv6]:PORT, :PORT
const TCP = /^(?:\[(?<ipv6>[^\]]+)\]|(?<host>[^:[\]/]*)):(?<port>\d{1,5})$/;

// PROTOCOL://ADDRESS
const SPOKEN = /^(?:(?<name>[a-z]+):\/\/)?(?<place>.*)$/;

/** Reads an address as Gunicorn writes it, perhaps behind a protocol; undefined where it is none. */
export function parseAddress(text: string): Address | undefined {
  const { name, place: written = '' } = SPOKEN.exec(text)?.groups ?? {};
  const place = parsePlace(written);
  if (name === undefined || place === undefined) return place;
  const protocol = PROTOCOL_NAMES.find((one) => one === name);
  return protocol && { ...place, protocol };
}

function parsePlace(text: string): Address | undefined {
  if (text.startsWith('unix:') && text.length > 'unix:'.length) {
    return { kind: 'unix', path: text.slice('unix:'.length) };
  }
  const groups = TCP.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const { ipv6, host, port } = groups;
  if (Number(port) > 65_535 || (ipv6 !== undefined && !isIPv6(ipv6))) return undefined;
  return { kind: 'tcp', host: ipv6 ?? (host || '0.0.0.0'), port: Number(port) };
}

/** The address as a person writes it: a URL for TCP, `unix:PATH` for a socket where HTTP is spoken. */
export function formatAddress(address: Address): string {
  const { protocol = 'http' } = address;
  if (address.kind === 'unix') {
    return `${protocol === 'http' ? '' : `${protocol}://`}unix:${address.path}`;
  }
  return `${protocol}://${uriHost(address.host)}:${address.port}`;
}

/** A set of peers: addresses, networks in CIDR notation, or `*` for everyone. */
export class Networks {
  readonly #members = new BlockList();
  readonly #hasEveryone: boolean;

  /** @throws where an entry is no address and no network. */
  constructor(entries: readonly string[]) {
    this.#hasEveryone = entries.includes('*');
    for (const entry of entries) if (entry !== '*') this.#add(entry);
  }

  has(address: string): boolean {
    return this.#hasEveryone || this.names(address);
  }

  /** Not only as one of everyone. */
  names(address: string): boolean {
    const family = isIP(address);
    return family !== 0 && this.#members.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }

  #add(entry: string): void {
    const [address = '', prefix, ...rest] = entry.split('/');
    const family = isIP(address);
    if (family === 0 || rest.length > 0) {
      throw new RangeError(`'${entry}' is no address and no network`);
    }
    const type = family === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) this.#members.addAddress(address, type);
    else this.#members.addSubnet(address, Number(prefix || Number.NaN), type);
  }
}
