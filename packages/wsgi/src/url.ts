/** Percent-encodes the bytes of a path, one latin1 character each. */
export function quote(path: string): string {
  return path.replace(NOT_IN_PATH, (byte) => {
    return `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

/** Percent-decodes a path to bytes, one latin1 character each; a `%` without two digits stays. */
export function unquote(path: string): string {
  if (!path.includes('%')) return path;
  return path.replace(PERCENT_ENCODED, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

/** An IPv4 peer of a dual-stack socket is `::ffff:192.0.2.1`, in this or another spelling (RFC 4291 §2.5.5.2). */
export function withoutMapping(address: string): string {
  if (!MAPPED.test(address)) return address;
  const groups = MAPPED_HOST.exec(URL.parse(`http://[${address}]`)?.hostname ?? '');
  if (groups === null) return address;
  const halves = groups.slice(1).map((digits) => Number.parseInt(digits, 16));
  return halves.flatMap((half) => [half >> 8, half & 0xff]).join('.');
}

/** An address or a name as it stands in a URL: IPv6 in brackets (RFC 3986 §3.2.2). */
export function uriHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

// pchar = unreserved / pct-encoded / sub-delims / ":" / "@" (RFC 3986 §3.3), and "/"
const NOT_IN_PATH = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/g;

// pct-encoded = "%" HEXDIG HEXDIG (RFC 3986 §2.1)
const PERCENT_ENCODED = /%([0-9A-Fa-f]{2})/g;

const MAPPED = /^[0-9a-f:.]*:ffff:[0-9a-f:.]*$/i;

// In the one spelling that a URL has for it (URL Standard, "IPv6 serializer").
const MAPPED_HOST = /^\[::ffff:([0-9a-f]+):([0-9a-f]+)\]$/;
