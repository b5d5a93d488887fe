import { BlockList, isIP, isIPv6 } from 'node:net';
import { uriHost } from '@wsgi/wsgi/url';

/** Where to listen: a TCP host and port, or a unix socket. */
export type Address = TcpAddress | UnixAddress;

export interface UnixAddress {
  readonly kind: 'unix';
  readonly path: string;
}

export interface TcpAddress {
  readonly kind: 'tcp';
  readonly host: string;
  readonly port: number;
}

// HOST:PORT, [IPv6]:PORT, :PORT
const TCP = /^(?:\[(?<ipv6>[^\]]+)\]|(?<host>[^:[\]/]*)):(?<port>\d{1,5})$/;

/** Reads an address as Gunicorn writes it; undefined where it is none. */
export function parseAddress(text: string): Address | undefined {
  if (text.startsWith('unix:') && text.length > 'unix:'.length) {
    return { kind: 'unix', path: text.slice('unix:'.length) };
  }
  const groups = TCP.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const { ipv6, host, port } = groups;
  if (Number(port) > 65_535 || (ipv6 !== undefined && !isIPv6(ipv6))) return undefined;
  return { kind: 'tcp', host: ipv6 ?? (host || '0.0.0.0'), port: Number(port) };
}

/** The address as a person writes it: a URL for TCP, `unix:PATH` for a socket. */
export function formatAddress(address: Address): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  return `http://${uriHost(address.host)}:${address.port}`;
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
