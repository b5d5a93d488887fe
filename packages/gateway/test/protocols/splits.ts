import * as fc from 'fast-check';

/** One piece for each byte. */
export function* byteByByte(bytes: Buffer): Generator<Buffer> {
  for (let offset = 0; offset < bytes.length; offset++) yield bytes.subarray(offset, offset + 1);
}

/** The bytes, cut into up to 20 pieces, some of them perhaps empty. */
export function splitsOf(bytes: Buffer): fc.Arbitrary<Buffer[]> {
  return fc
    .array(fc.nat({ max: bytes.length }), { maxLength: 19 })
    .map((offsets) => cut(bytes, offsets));
}

function cut(bytes: Buffer, offsets: readonly number[]): Buffer[] {
  const ends = [...offsets, bytes.length].toSorted((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}
