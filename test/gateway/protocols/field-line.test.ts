import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { readField } from '../../../src/gateway/protocols/http1/field-line.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const HEADS = 500;
const HEAD_BYTES = 65_536;
const KEPT_BYTES_MAX = 2_000_000;

test('the names that are kept do not keep the heads that they came in', () => {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let head = 0; head < HEADS; head++) {
    const line = `x-field-${'y'.repeat(head % 50)}${head % 10}: 1`;
    const bytes = Buffer.from(line.padEnd(HEAD_BYTES, 'z'));
    readField(bytes, bytes.toString('latin1'), 0, line.length);
  }
  collectGarbage();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(KEPT_BYTES_MAX);
});
