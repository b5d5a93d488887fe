import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Clone } from './clone.ts';

const MANAGE = 'npm run --silent manage --';

test('startproject gives a clone its name wherever it is named', async () => {
  const clone = await Clone.of();
  expect(await clone.run(`${MANAGE} startproject zebra`)).toContain('the project zebra now');

  const naming = await clone.try(
    `grep --recursive --files-with-matches --word-regexp myproject . --exclude-dir={.git,node_modules,packages,docs,bench}`,
  );
  expect(naming).toEqual({ code: 1, output: '' });
  expect(read(clone, 'package.json')).toContain('"name": "zebra"');
  expect(read(clone, 'README.md')).toMatch(/^# zebra\n/);
  expect(read(clone, 'CHANGELOG.md')).toMatch(/^# Changelog\n\n## Unreleased\n$/);

  const check = 'System check identified no issues (0 silenced).\n';
  expect(await clone.run(`${MANAGE} check`)).toBe(check);
});

test('the history is kept, and follows the files to their new name', async () => {
  const clone = await Clone.of();
  await clone.run(`${MANAGE} startproject zebra`);
  await clone.commit('Start zebra');
  expect(await clone.run('git log --format=%s')).toBe('Start zebra\nBegin\n');
  const followed = await clone.run('git log --format=%s --follow src/zebra/views.ts');
  expect(followed).toBe('Start zebra\nBegin\n');
});

test('a clone that has a name is not given another', async () => {
  const clone = await Clone.of();
  await clone.run(`${MANAGE} startproject zebra`);
  const { code, output } = await clone.try(`${MANAGE} startproject okapi`);
  expect(code).toBe(1);
  expect(output).toContain('this clone has its own name already');
  expect(existsSync(join(clone.folder, 'src/zebra'))).toBe(true);
});

function read(clone: Clone, file: string): string {
  return readFileSync(join(clone.folder, file), 'utf8');
}
