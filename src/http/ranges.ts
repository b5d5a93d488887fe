/** The first and the last byte of a range, both included, counted from 0. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

const MAX_RANGES = 16;

/**
 * RFC 9110 §14.2: the parts of a representation that a Range header asks for, in its order.
 * `undefined` means to ignore the header: another unit, not well-formed, or more than `limit` ranges.
 * An empty list means that none can be satisfied, which is a 416.
 */
export function parseByteRanges(
  fieldValue: string,
  sizeBytes: number,
  limit: number = MAX_RANGES,
): readonly ByteRange[] | undefined {
  const [, set] = BYTES_UNIT.exec(fieldValue) ?? [];
  if (set === undefined) return undefined;
  const specs = set.split(',', limit + 1).map((spec) => spec.trim());
  if (specs.length > limit) return undefined;
  const ranges = specs.filter((spec) => spec !== '').map((spec) => parseSpec(spec, sizeBytes));
  if (ranges.length === 0 || ranges.includes('malformed')) return undefined;
  return ranges.filter((range) => typeof range === 'object');
}

/** RFC 9110 §14.4 Content-Range, without a range that of a 416. */
export function contentRange(range: ByteRange | undefined, sizeBytes: number): string {
  return range === undefined
    ? `bytes */${sizeBytes}`
    : `bytes ${range.first}-${range.last}/${sizeBytes}`;
}

function parseSpec(spec: string, sizeBytes: number): ByteRange | 'malformed' | 'unsatisfiable' {
  const match = RANGE_SPEC.exec(spec);
  if (match === null) return 'malformed';
  const [, firstDigits = '', lastDigits = ''] = match;
  if (firstDigits === '') return lastBytes(Number(lastDigits), sizeBytes);
  const first = Number(firstDigits);
  const last = lastDigits === '' ? Infinity : Number(lastDigits);
  if (last < first) return 'malformed';
  return first < sizeBytes ? { first, last: Math.min(last, sizeBytes - 1) } : 'unsatisfiable';
}

function lastBytes(count: number, sizeBytes: number): ByteRange | 'unsatisfiable' {
  if (count === 0 || sizeBytes === 0) return 'unsatisfiable';
  return { first: Math.max(0, sizeBytes - count), last: sizeBytes - 1 };
}

// ranges-specifier = range-unit "=" range-set; a unit is case-insensitive (RFC 9110 §14.1)
const BYTES_UNIT = /^bytes=(.*)$/i;

// int-range = first-pos "-" [ last-pos ]
// suffix-range = "-" suffix-length (RFC 9110 §14.1.1)
const RANGE_SPEC = /^(?!-$)([0-9]*)-([0-9]*)$/;
