import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CHILD_ENVIRONMENT } from '../../wsgi/test/child-environment.ts';

const FOLDER = join(import.meta.dirname, '../src');

test.for(['index.ts', 'settings.ts', 'commands.ts', 'testing.ts'])(
  '%s can be imported without settings, and nothing happens',
  (name) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(FOLDER, name)], {
      encoding: 'utf8',
      env: CHILD_ENVIRONMENT,
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  },
);
