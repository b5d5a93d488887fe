import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startproject } from '../../src/commands/startproject.ts';
import { makeTree } from '../staticfiles/tree.ts';
import { Clone, REPOSITORY } from './clone.ts';

const MANAGE = 'npm run --silent manage --';

const isTemplate = ['src/myproject', 'test/myproject'].every((folder) =>
  existsSync(join(REPOSITORY, folder)),
);

// What has a name of its own already cannot be named: a project keeps this file, and skips these.
describe.runIf(isTemplate)('in a clone of the template', () => {
  let clone: Clone;
  let output: string;

  beforeAll(async () => {
    clone = await Clone.of();
    output = await clone.run(`${MANAGE} startproject zebra`);
    await clone.commit('Start zebra');
  });
  afterAll(() => clone.remove());

  test('startproject gives the project its name wherever it is named', async () => {
    expect(output).toContain('the project zebra now');

    const naming = await clone.try(
      `grep --recursive --files-with-matches --word-regexp myproject . --exclude-dir={.git,node_modules,packages,docs,bench,recipes}`,
    );
    expect(naming).toEqual({ code: 1, output: '' });
    expect(read('package.json')).toContain('"name": "zebra"');
    expect(read('README.md')).toMatch(/^# zebra\n/);
    expect(read('CHANGELOG.md')).toMatch(/^# Changelog\n\n## Unreleased\n$/);

    const check = 'System check identified no issues (0 silenced).\n';
    expect(await clone.run(`${MANAGE} check`)).toBe(check);
  });

  test('the history is kept, and follows the files to their new name', async () => {
    expect(await clone.run('git log --format=%s')).toBe('Start zebra\nBegin\n');
    const followed = await clone.run('git log --format=%s --follow src/zebra/settings.ts');
    expect(followed).toBe('Start zebra\nBegin\n');
  });

  test('a clone that has a name is not given another', async () => {
    const again = await clone.try(`${MANAGE} startproject okapi`);
    expect(again.code).toBe(1);
    expect(again.output).toContain('this clone has its own name already');
    expect(existsSync(join(clone.folder, 'src/zebra'))).toBe(true);
  });

  function read(file: string): string {
    return readFileSync(join(clone.folder, file), 'utf8');
  }
});

test.for([
  ['My-Shop', "'My-Shop' cannot be a project's name"],
  ['e2e', "'e2e' cannot be a project's name: there is test/e2e already."],
] as const)('%s is refused as a name', ([name, message]) => {
  const before = process.cwd();
  onTestFinished(() => process.chdir(before));
  process.chdir(makeTree({ 'src/myproject/a': '', 'test/myproject/a': '', 'test/e2e/a': '' }));
  expect(() => startproject.run([name])).toThrow(message);
});
