/** The first and the last byte of a range, both included, counted from 0. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** `undefined` means to ignore the header: another unit, not well-formed, or more than one range. */
export type RequestedRange = ByteRange | 'unsatisfiable' | undefined;

/** RFC 9110 §14.2: the part of a representation that a Range header asks for. */
export function parseByteRange(fieldValue: string, sizeBytes: number): RequestedRange {
  const [, firstDigits = '', lastDigits = ''] = BYTE_RANGE.exec(fieldValue) ?? [];
  if (firstDigits === '')
    return lastDigits === '' ? undefined : lastBytes(Number(lastDigits), sizeBytes);
  const first = Number(firstDigits);
  const last = lastDigits === '' ? Infinity : Number(lastDigits);
  if (last < first) return undefined;
  return first < sizeBytes ? { first, last: Math.min(last, sizeBytes - 1) } : 'unsatisfiable';
}

/** RFC 9110 §14.4 Content-Range, without a range that of a 416. */
export function contentRange(range: ByteRange | undefined, sizeBytes: number): string {
  return range === undefined
    ? `bytes */${sizeBytes}`
    : `bytes ${range.first}-${range.last}/${sizeBytes}`;
}

function lastBytes(count: number, sizeBytes: number): RequestedRange {
  if (count === 0 || sizeBytes === 0) return 'unsatisfiable';
  return { first: Math.max(0, sizeBytes - count), last: sizeBytes - 1 };
}

// ranges-specifier = range-unit "=" range-set; a unit is case-insensitive (RFC 9110 §14.1)
// int-range = first-pos "-" [ last-pos ], suffix-range = "-" suffix-length (RFC 9110 §14.1.1)
const BYTE_RANGE = /^bytes=[\t ]*([0-9]*)-([0-9]*)[\t ]*$/i;
