/** For each octet whether it belongs to a class of the grammar. */
export type OctetClass = Uint8Array;

/** @param octet matches one character, as latin1. */
export function octetClass(octet: RegExp): OctetClass {
  return Uint8Array.from({ length: 256 }, (_, code) =>
    Number(octet.test(String.fromCharCode(code))),
  );
}

/** The first offset from `start` on that is `end`, or whose octet is not of the class. */
export function skip(bytes: Uint8Array, start: number, end: number, octets: OctetClass): number {
  let offset = start;
  while (offset < end && octets[bytes[offset] ?? 0] === 1) offset++;
  return offset;
}
