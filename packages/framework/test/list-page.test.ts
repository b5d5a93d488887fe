import { expect, test } from 'vitest';
import { listPage } from '../src/list-page.ts';

test.for<[count: number, asked: string | null, number: number, of: number, offset: number]>([
  [45, null, 1, 3, 0],
  [45, '2', 2, 3, 20],
  [45, '3', 3, 3, 40],
  [45, '99', 3, 3, 40],
  [45, '0', 1, 3, 0],
  [45, '-1', 1, 3, 0],
  [45, 'last', 1, 3, 0],
  [45, '1e99', 1, 3, 0],
  [45, '9'.repeat(400), 3, 3, 40],
  [40, '2', 2, 2, 20],
  [0, '2', 1, 1, 0],
])('of %i items page %s is page %i of %i', ([count, asked, number, pageCount, offset]) => {
  expect(listPage(count, 20, asked)).toEqual({
    number,
    pageCount,
    offset,
    limit: 20,
    previous: number > 1 ? number - 1 : undefined,
    next: number < pageCount ? number + 1 : undefined,
  });
});

test.for([0, -1, 1.5, Number.NaN])('a page of %d items is refused', (size) => {
  expect(() => listPage(1, size, null)).toThrow(RangeError);
});
