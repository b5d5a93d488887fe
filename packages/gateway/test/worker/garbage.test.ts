import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const PROGRAM = join(import.meta.dirname, 'old-space.ts');
/** V8 does away with some garbage when it optimizes: it is looked at as it is before. */
const V8_OPTIONS = ['--no-opt', '--no-maglev', '--max-semi-space-size=1'];

/** What V8 keeps of its own, such as code and feedback, a little with each. */
const BYTES_MAX = 16;

// What dies in the old space keeps all that it refers to, until the next full collection.
test('requests leave nothing behind in the old space', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [...V8_OPTIONS, PROGRAM]);
  expect(stdout).toMatch(/^-?\d+$/);
  expect(Number(stdout)).toBeLessThan(BYTES_MAX);
});
