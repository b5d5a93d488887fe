import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLog } from '../../../src/gateway/log/log.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

test('a line of the gateway’s log holds nothing that a terminal heeds', () => {
  const errorlog = join(temporaryFolder(), 'error.log');
  openLog({ loglevel: 'info', errorlog }).error({ err: new Error('a\x9b31mb\x7f') }, 'c\x1b\x85d');
  const line = readFileSync(errorlog, 'utf8');
  expect(line).toMatch(/^[\x20-\x7e]*\n$/);
  expect(JSON.parse(line)).toMatchObject({ err: { message: 'a\x9b31mb\x7f' }, msg: 'c\x1b\x85d' });
});
