import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test('the log is JSON lines on standard error, from LOG_LEVEL on', () => {
  const program = join(import.meta.dirname, 'log-lines.ts');
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', program], {
    encoding: 'utf8',
  });
  expect(stdout).toBe('');
  const lines = stderr.trimEnd().split('\n');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'error',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    logger: 'application',
    pid: expect.any(Number),
    request_id: 'id-1',
    err: { type: 'Error', stack: expect.stringContaining('log-lines.ts') },
    msg: 'failed',
  });
});
