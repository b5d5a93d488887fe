/** Percent-encodes the bytes of a path, one latin1 character each. */
export function quote(path: string): string {
  return path.replace(NOT_IN_PATH, (byte) => `%${hex(byte)}`);
}

/** Percent-decodes a path to bytes, one latin1 character each; a `%` without two digits stays. */
export function unquote(path: string): string {
  if (!path.includes('%')) return path;
  return path.replace(PERCENT_ENCODED, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

function hex(byte: string): string {
  return byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0');
}

// pchar = unreserved / pct-encoded / sub-delims / ":" / "@" (RFC 3986 §3.3), and "/"
const NOT_IN_PATH = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/g;

// pct-encoded = "%" HEXDIG HEXDIG (RFC 3986 §2.1)
const PERCENT_ENCODED = /%([0-9A-Fa-f]{2})/g;
