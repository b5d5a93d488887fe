import { execFile, execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

export const REPOSITORY: string = resolve(import.meta.dirname, '../../../..');

/** What a command of a clone gave. */
export interface Outcome {
  readonly code: number;
  readonly output: string;
}

/** A folder with a checkout of this repository, where commands are run, until it is removed. */
export class Clone {
  readonly folder: string;

  private constructor() {
    this.folder = join(mkdtempSync(join(tmpdir(), 'clone-')), 'project');
  }

  /** Of a commit; without one, of what is in the working tree now. */
  static async of(commit?: string): Promise<Clone> {
    const clone = new Clone();
    if (commit === undefined) {
      copyWorkingTree(clone.folder);
      await clone.run('git init --quiet --initial-branch main');
      await clone.commit('Begin');
    } else {
      succeed(await shell(`git clone --quiet . '${clone.folder}'`, REPOSITORY));
      await clone.run(`git checkout --quiet -B main ${commit}`);
    }
    linkModules(clone.folder);
    return clone;
  }

  /** Runs a shell's command line, which is to succeed, and gives what it prints. */
  async run(line: string): Promise<string> {
    return succeed(await this.try(line));
  }

  try(line: string): Promise<Outcome> {
    return shell(line, this.folder);
  }

  async commit(message: string): Promise<void> {
    await this.run(`git add --all && git commit --quiet --message '${message}'`);
  }

  remove(): void {
    rmSync(join(this.folder, '..'), { recursive: true });
  }
}

/** Puts what is in the working tree now into a folder. */
export function copyWorkingTree(folder: string): void {
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const names = execFileSync('git', list, { cwd: REPOSITORY, encoding: 'utf8' }).split('\0');
  for (const name of names.filter((file) => file && existsSync(join(REPOSITORY, file)))) {
    cpSync(join(REPOSITORY, name), join(folder, name));
  }
}

/** Gives a clone its `node_modules`: the packages are its own, all else is as installed here. */
export function linkModules(folder: string): void {
  const modules = join(folder, 'node_modules');
  const installed = join(REPOSITORY, 'node_modules');
  mkdirSync(join(modules, '@wsgi'), { recursive: true });
  for (const name of readdirSync(installed)) {
    if (name !== '@wsgi') symlinkSync(join(installed, name), join(modules, name));
  }
  for (const entry of readdirSync(join(folder, 'packages'), { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    symlinkSync(`../../packages/${entry.name}`, join(modules, '@wsgi', entry.name));
  }
}

const ENVIRONMENT = {
  PATH: `${join(REPOSITORY, 'node_modules/.bin')}:${process.env['PATH']}`,
  HOME: tmpdir(),
  NO_COLOR: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Anna',
  GIT_AUTHOR_EMAIL: 'anna@shop.example',
  GIT_COMMITTER_NAME: 'Anna',
  GIT_COMMITTER_EMAIL: 'anna@shop.example',
};

async function shell(line: string, cwd: string): Promise<Outcome> {
  const options = { cwd, env: ENVIRONMENT, maxBuffer: 16 * 1024 * 1024 };
  try {
    const { stdout, stderr } = await promisify(execFile)('bash', ['-ec', line], options);
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}

function succeed({ code, output }: Outcome): string {
  if (code !== 0) throw new Error(`exit code ${code}\n${output}`);
  return output;
}
