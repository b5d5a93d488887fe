import { expect, test } from 'vitest';
import { Meter } from '../../src/metrics/meter.ts';

test.for<[status: string, counts: readonly number[]]>([
  ['101 Switching Protocols', [1, 0, 0, 0, 0]],
  ['200 OK', [0, 1, 0, 0, 0]],
  ['599 Odd', [0, 0, 0, 0, 1]],
  ['', [0, 0, 0, 1, 0]],
  ['600 Odd', [0, 0, 0, 0, 1]],
  ['999 Odd', [0, 0, 0, 0, 1]],
  ['099 Odd', [0, 0, 0, 0, 1]],
])("an answer '%s' is counted", ([status, counts]) => {
  const meter = new Meter();
  meter.countRequest(status, 1, 0);
  expect(meter.take().statuses).toEqual(counts);
});
