import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { print, type Command } from '../../src/commands/command.ts';
import { PROJECT } from './manage-process.ts';
import { runHere } from './run-here.ts';

const greet: Command = {
  name: 'greet',
  usage: 'NAME',
  summary: 'Greets.',
  run([name]) {
    print(`Hello, ${name}.`);
    return 3;
  },
};

const check: Command = {
  name: 'check',
  usage: '',
  summary: 'Finds nothing.',
  run() {
    print('All is well.');
    return 0;
  },
};

beforeEach(() => {
  vi.stubEnv('SETTINGS_MODULE', join(PROJECT, 'src/sample/settings.ts'));
});

test('a command of the project is run with its arguments', async () => {
  expect(await run('greet', 'Ann')).toEqual({ code: 3, stdout: 'Hello, Ann.\n', stderr: '' });
});

test('help lists the commands of the project behind ours', async () => {
  const { stdout } = await run('help');
  expect(stdout).toMatch(/^ {2}runserver .*\n(?:.*\n)* {2}greet NAME +Greets\.$/m);
});

test('help tells what a command of the project takes', async () => {
  const { stdout } = await run('help', 'greet');
  expect(stdout).toBe('Usage: npm run manage -- greet NAME\n\nGreets.\n');
});

test('a command of the project takes the place of ours with the same name', async () => {
  expect((await run('check')).stdout).toBe('All is well.\n');
  expect((await run('help')).stdout.match(/^ {2}check .*$/gm)).toEqual([
    expect.stringMatching(/ Finds nothing\.$/),
  ]);
});

test('a command of the project that is misspelt is suggested', async () => {
  expect(await run('gret')).toEqual({
    code: 1,
    stdout: '',
    stderr: "There is no command 'gret'. Did you mean 'greet'?\n",
  });
});

function run(...args: string[]) {
  return runHere(args, [greet, check]);
}
