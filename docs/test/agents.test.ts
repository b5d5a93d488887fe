import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { linkModules } from '../../packages/framework/test/commands/clone.ts';

const ROOT = join(import.meta.dirname, '../..');
const clone = join(mkdtempSync(join(tmpdir(), 'agent-')), 'project');

beforeAll(async () => {
  await promisify(execFile)('git', ['clone', '--quiet', ROOT, clone]);
  linkModules(clone);
});
afterAll(() => rmSync(join(clone, '..'), { recursive: true, force: true }));

const [, BLOCK = ''] =
  /^```sh\n([^`]+)```$/m.exec(readFileSync(join(ROOT, 'AGENTS.md'), 'utf8')) ?? [];

/** `npm ci` is run by readme.test.ts, from the registry. */
const COMMANDS = BLOCK.trim()
  .split('\n')
  .filter((line) => line !== 'npm ci');

test.for(COMMANDS)('%s', { timeout: 240_000 }, async (command) => {
  const options = { cwd: clone, env: { ...process.env, NODE_OPTIONS: '' } };
  await promisify(execFile)('sh', ['-c', `${command} >&2`], options);
});

test('nothing is changed by them: the documentation and the format are what is committed', async () => {
  const { stdout } = await promisify(execFile)('git', ['status', '--short'], { cwd: clone });
  expect(COMMANDS.length).toBeGreaterThan(5);
  expect(stdout).toBe('');
});
