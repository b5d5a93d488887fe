/** An IPv4 peer of a dual-stack socket is `::ffff:192.0.2.1` (RFC 4291 §2.5.5.2). */
export function withoutMapping(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}
