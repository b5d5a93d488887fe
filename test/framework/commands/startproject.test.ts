import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { manage, PROJECT_ROOT } from './manage-process.ts';

async function startProject(name: string) {
  const folder = join(mkdtempSync(join(tmpdir(), 'startproject-')), name);
  onTestFinished(() => rmSync(join(folder, '..'), { recursive: true }));
  const { code, stdout } = await manage(['startproject', name, folder]);
  expect(code).toBe(0);
  return { folder, stdout };
}

async function run(folder: string, ...args: string[]) {
  const options = { cwd: folder, env: { PATH: process.env['PATH'] } };
  const child = spawn(process.execPath, args, options);
  const [code, output, errors] = await Promise.all([
    once(child, 'exit').then(([exitCode]) => exitCode as number),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code, output: output + errors };
}

// Not a name that somebody gives a project: this test runs in the projects that were made, too.
const NAME = 'zebra';

test('the sample project is renamed everywhere, and its tests pass under the new name', async () => {
  const { folder, stdout } = await startProject(NAME);
  expect(stdout).toContain(`The project ${NAME} is in ${folder}.`);
  expect(existsSync(join(folder, 'src', NAME, 'settings.ts'))).toBe(true);
  expect(existsSync(join(folder, 'src/framework/staticfiles'))).toBe(true);
  for (const leftOut of ['node_modules', 'dist', '.git', '.env', 'test/e2e/first-afternoon']) {
    expect(existsSync(join(folder, leftOut))).toBe(false);
  }
  const files = globSync('**/*', { cwd: folder, withFileTypes: true }).filter((file) =>
    file.isFile(),
  );
  expect(files.length).toBeGreaterThan(100);
  const stillNamed = files.filter((file) =>
    readFileSync(join(file.parentPath, file.name)).includes('myproject'),
  );
  expect(stillNamed.map(({ name }) => name)).toEqual([]);
  expect(readFileSync(join(folder, 'package.json'), 'utf8')).toContain(`"name": "${NAME}"`);

  symlinkSync(join(PROJECT_ROOT, 'node_modules'), join(folder, 'node_modules'));
  const check = await run(folder, '--import', 'tsx', 'src/manage.ts', 'check');
  expect(check).toEqual({ code: 0, output: 'System check identified no issues (0 silenced).\n' });
  await run(folder, '--import', 'tsx', 'src/manage.ts', 'collectstatic');
  const vitest = 'node_modules/vitest/vitest.mjs';
  const options = ['run', '--config', 'test/vitest.config.ts', '--passWithNoTests'];
  const tests = await run(folder, vitest, ...options, NAME);
  expect(tests.code, tests.output).toBe(0);
}, 90_000);
