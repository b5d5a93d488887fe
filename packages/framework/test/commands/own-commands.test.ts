import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PROJECT_ROOT } from './manage-process.ts';

const MANAGE = join(import.meta.dirname, 'manage-with-own.ts');

test('a command of the project is run with its arguments', () => {
  expect(run('greet', 'Ann')).toEqual({ code: 3, stdout: 'Hello, Ann.\n', stderr: '' });
});

test('help lists the commands of the project behind ours', () => {
  expect(run('help').stdout).toMatch(/^ {2}runserver .*\n(?:.*\n)* {2}greet NAME +Greets\.$/m);
});

test('help tells what a command of the project takes', () => {
  expect(run('help', 'greet').stdout).toBe('Usage: npm run manage -- greet NAME\n\nGreets.\n');
});

test('a command of the project takes the place of ours with the same name', () => {
  expect(run('check').stdout).toBe('All is well.\n');
  expect(run('help').stdout.match(/^ {2}check .*$/gm)).toEqual([
    expect.stringMatching(/ Finds nothing\.$/),
  ]);
});

test('a command of the project that is misspelt is suggested', () => {
  expect(run('gret')).toEqual({
    code: 1,
    stdout: '',
    stderr: "There is no command 'gret'. Did you mean 'greet'?\n",
  });
});

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MANAGE, ...args], {
    cwd: PROJECT_ROOT,
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}
