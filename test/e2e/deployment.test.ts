import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { useStack } from './stack.ts';

useStack();

test('nginx, Compose, the gateway and the settings agree in what must agree', async () => {
  const options = { cwd: join(import.meta.dirname, '../..') };
  const words = [
    'run',
    '--silent',
    'manage',
    '--',
    'check',
    '--deploy',
    '--fail-level',
    'critical',
  ];
  const { stdout, stderr } = await promisify(execFile)('npm', words, options);
  expect(stdout).toContain('System check identified');
  expect(stderr.match(/^.*\(deploy\.\w+\).*$/gm)).toBeNull();
});
