import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { recallField, type Field } from '../../src/protocols/http1/fields.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const HEADS = 500;
const HEAD_BYTES = 65_536;
const KEPT_BYTES_MAX = 2_000_000;

test('a line that comes again is the same field', () => {
  expect(recall('User-Agent: Firefox')).toBe(recall('User-Agent: Firefox'));
  expect(recall('User-Agent: Firefox')).toMatchObject({ name: 'user-agent', value: 'Firefox' });
});

test('lines that share a place are told apart', () => {
  const values = ['a-b-c', 'axbxc', 'aybyc', 'a-b-c'];
  expect(values.map((value) => recall(`Accept: ${value}`).value)).toEqual(values);
});

test('two lines that share a place are both kept', () => {
  const [one, other] = [recall('Accept: a-b-c'), recall('Accept: axbxc')];
  expect(recall('Accept: a-b-c')).toBe(one);
  expect(recall('Accept: axbxc')).toBe(other);
});

test.for([
  'Cookie: session=1',
  'Authorization: Basic YTpi',
  'X-Api-Key: 1',
  `Host: ${'h'.repeat(300)}`,
])('what may be secret or is long is not kept: %s', (line) => {
  expect(recall(line)).toEqual(recall(line));
  expect(recall(line)).not.toBe(recall(line));
});

test('lines that are kept do not keep the heads that they came in', () => {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let head = 0; head < HEADS; head++) {
    recall(`User-Agent: ${'y'.repeat(head % 200)}${head}`, HEAD_BYTES);
  }
  collectGarbage();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(KEPT_BYTES_MAX);
});

test('names that are kept do not keep the heads that they came in', () => {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let head = 0; head < HEADS; head++) recall(`${'y'.repeat(head % 19)}${head}: 1`, HEAD_BYTES);
  collectGarbage();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(KEPT_BYTES_MAX);
});

/** Reads the line at the start of a head. */
function recall(line: string, headBytes = 0): Field {
  const bytes = Buffer.from(line.padEnd(headBytes, 'z'));
  return recallField(bytes, bytes.toString('latin1'), 0, line.length);
}
