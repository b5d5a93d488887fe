/** One page of a long list, counted from 1. */
export interface ListPage {
  readonly number: number;
  /** How many pages there are; an empty list has one. */
  readonly pageCount: number;
  /** How many items come before it, as in OFFSET. */
  readonly offset: number;
  /** How many items it may have, as in LIMIT. */
  readonly limit: number;
  readonly previous: number | undefined;
  readonly next: number | undefined;
}

/**
 * The page that a client asked for, as in `listPage(count, 20, request.query.get('page'))`: the first
 * where it is none, the last where it is beyond that.
 *
 * @throws {RangeError} for a size that is no natural number.
 */
export function listPage(itemCount: number, size: number, asked: string | null): ListPage {
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new RangeError(`The size of a page is ${size}: expected 1 or more.`);
  }
  const pageCount = Math.max(1, Math.ceil(itemCount / size));
  const number = /^\d+$/.test(asked ?? '') ? Math.min(Math.max(1, Number(asked)), pageCount) : 1;
  return {
    number,
    pageCount,
    offset: (number - 1) * size,
    limit: size,
    previous: number > 1 ? number - 1 : undefined,
    next: number < pageCount ? number + 1 : undefined,
  };
}
