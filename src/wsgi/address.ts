import { isIPv4 } from 'node:net';

const MAPPED = '::ffff:';

/** An IPv4 peer of a dual-stack socket is `::ffff:192.0.2.1` (RFC 4291 §2.5.5.2). */
export function withoutMapping(address: string): string {
  const rest = address.startsWith(MAPPED) ? address.slice(MAPPED.length) : '';
  return isIPv4(rest) ? rest : address;
}

/** An address or a name as it stands in a URL: IPv6 in brackets (RFC 3986 §3.2.2). */
export function uriHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
