import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { KeptLines } from '../../src/log/log.ts';

const LOG = join(import.meta.dirname, '../../src/log/log.ts');

test('a line of the gateway’s log holds nothing that a terminal heeds', () => {
  const script = `
    import { openLog } from ${JSON.stringify(LOG)};
    openLog({ loglevel: 'info' }).error({ err: new Error('a\x9b31mb\x7f') }, 'c\x1b\x85d');
  `;
  const { stderr: line } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  expect(line).toMatch(/^[\x20-\x7e]*\n$/);
  expect(JSON.parse(line)).toMatchObject({ err: { message: 'a\x9b31mb\x7f' }, msg: 'c\x1b\x85d' });
});

test('of the lines that are kept the oldest go where there are too many', () => {
  const kept = new KeptLines();
  const line = `${'x'.repeat(1000)}\n`;
  kept.write('the first\n');
  for (let n = 0; n < 5000; n++) kept.write(line);
  kept.write('the last\n');
  expect(kept.lines[0]).toBe(line);
  expect(kept.lines.at(-1)).toBe('the last\n');
  const length = kept.lines.join('').length;
  expect(length).toBeGreaterThan(1_000_000);
  expect(length).toBeLessThanOrEqual(1_048_576);
});
