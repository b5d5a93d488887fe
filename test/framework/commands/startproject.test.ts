import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { CHILD_ENVIRONMENT } from '../../compile-cache.ts';
import { manage, PROJECT_ROOT } from './manage-process.ts';

async function startProject(name: string) {
  const folder = join(mkdtempSync(join(tmpdir(), 'startproject-')), name);
  onTestFinished(() => rmSync(join(folder, '..'), { recursive: true }));
  const { code, stdout } = await manage(['startproject', name, folder]);
  expect(code).toBe(0);
  symlinkSync(join(PROJECT_ROOT, 'node_modules'), join(folder, 'node_modules'));
  return { folder, stdout };
}

/** The text of each file, by its path. */
function textsIn(folder: string): Map<string, string> {
  const paths = globSync('**/*', { cwd: folder, exclude: ['node_modules'], withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  return new Map(paths.map((path) => [relative(folder, path), readFileSync(path, 'latin1')]));
}

async function run(folder: string, ...args: string[]) {
  const options = { cwd: folder, env: CHILD_ENVIRONMENT };
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
// In two parts, as this file is one of those that are not to have it.
const SAMPLE_NAME = ['my', 'project'].join('');

test('the sample project is renamed everywhere, and its tests pass under the new name', async () => {
  const { folder, stdout } = await startProject(NAME);
  expect(stdout).toContain(`The project ${NAME} is in ${folder}.`);
  expect(existsSync(join(folder, 'src', NAME, 'settings.ts'))).toBe(true);
  expect(existsSync(join(folder, 'src/framework/staticfiles'))).toBe(true);
  for (const leftOut of ['dist', '.git', '.env', 'test/e2e/first-afternoon']) {
    expect(existsSync(join(folder, leftOut))).toBe(false);
  }
  const texts = textsIn(folder);
  expect(texts.size).toBeGreaterThan(100);
  const stillNamed = [...texts].filter(([, content]) => content.includes(SAMPLE_NAME));
  expect(stillNamed.map(([path]) => path)).toEqual([]);
  expect(texts.get('package.json')).toContain(`"name": "${NAME}"`);

  const check = await run(folder, '--import', 'tsx', 'src/manage.ts', 'check');
  expect(check).toEqual({ code: 0, output: 'System check identified no issues (0 silenced).\n' });
  await run(folder, '--import', 'tsx', 'src/manage.ts', 'collectstatic');
  const vitest = 'node_modules/vitest/vitest.mjs';
  const options = ['run', '--config', 'test/vitest.config.ts', '--passWithNoTests'];
  const tests = await run(folder, vitest, ...options, NAME);
  expect(tests.code, tests.output).toBe(0);
}, 90_000);

// Words of the tree, which mean something else in most places.
test.for(['app', 'const'])(
  'a copy of a copy called %s is what a copy of this one is',
  { timeout: 60_000 },
  async (word) => {
    const { folder: between } = await startProject(word);
    const { folder: direct } = await startProject(NAME);
    const folder = join(between, '..', NAME);
    const copied = await run(between, '--import', 'tsx', 'src/manage.ts', 'startproject', NAME);
    expect(copied.code, copied.output).toBe(0);
    const [expected, texts] = [textsIn(direct), textsIn(folder)];
    expect([...texts.keys()].toSorted()).toEqual([...expected.keys()].toSorted());
    const others = [...texts].filter(([path, content]) => content !== expected.get(path));
    expect(others.map(([path]) => path)).toEqual([]);
  },
);
