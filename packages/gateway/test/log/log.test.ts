import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

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
