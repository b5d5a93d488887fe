import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { SOURCE_ROOT } from '../../wsgi/dotted-name.ts';
import { CommandError, print } from './command.ts';
import type { Command } from './command.ts';

export const startproject: Command = {
  name: 'startproject',
  usage: 'NAME [FOLDER]',
  summary: 'Copies this project under a name of its own, beside this one unless told where.',
  run: startProject,
};

const PROJECT_ROOT = dirname(SOURCE_ROOT);
const LEFT_OUT = new Set([
  '.git',
  '.env',
  'dist',
  'staticfiles',
  'coverage',
  // The test of docs/recipes.md has a src/ of its own, whose names could meet the new one.
  '.ci',
  join('test', 'e2e', 'first-afternoon'),
  join('test', 'e2e', 'first-afternoon.test.ts'),
]);

function startProject(args: readonly string[]): number {
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true });
  const [name, folder = join(dirname(PROJECT_ROOT), name ?? ''), ...rest] = positionals;
  if (name === undefined || rest.length > 0)
    throw new CommandError('Usage: startproject NAME [FOLDER]');
  const target = resolve(folder);
  const oldName = nameOfThisProject();
  requireName(name, oldName);
  requireFreeFolder(target);
  for (const file of projectFiles()) copyFile(file, target, oldName, name);
  print(
    `The project ${name} is in ${target}. Begin with:\n\n  cd ${target}\n  npm install\n  npm run format\n  npm run dev`,
  );
  return 0;
}

/** A module's name, and one that npm takes for a package. */
function requireName(name: string, oldName: string): void {
  if (!/^[a-z][a-z0-9_]*$/.test(name)) {
    throw new CommandError(
      `'${name}' cannot be a project's name: expected lower-case letters, digits and _, a letter first.`,
    );
  }
  const taken = [name, `src/${name}`, `src/${name}.ts`, `test/${name}`];
  const place = taken.find((path) => existsSync(join(PROJECT_ROOT, path)));
  if (name === oldName || place === undefined) return;
  throw new CommandError(`'${name}' cannot be a project's name: this one has ${place} already.`);
}

function requireFreeFolder(folder: string): void {
  if (!existsSync(folder)) return;
  if (statSync(folder).isDirectory() && readdirSync(folder).length === 0) return;
  throw new CommandError(`${folder} exists already: expected a new or an empty folder.`);
}

/** What package.json says is the name of the folder below src/ too. */
function nameOfThisProject(): string {
  const file = join(PROJECT_ROOT, 'package.json');
  const { name } = JSON.parse(readFileSync(file, 'utf8')) as { name: string };
  if (existsSync(join(PROJECT_ROOT, 'src', name))) return name;
  throw new CommandError(`startproject needs the sources: there is no folder src/${name}.`);
}

/** The files that make up the project, by their paths from its root. */
function projectFiles(): string[] {
  const inside = (folder: string): string[] =>
    readdirSync(join(PROJECT_ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (LEFT_OUT.has(path) || entry.name === 'node_modules') return [];
      if (entry.isDirectory()) return inside(path);
      return entry.isFile() ? [path] : [];
    });
  return inside('');
}

/** Renames the project in a file's path and in its text; what is no text is copied as it is. */
function copyFile(file: string, target: string, oldName: string, name: string): void {
  const segments = file.split(sep).map((segment) => (segment === oldName ? name : segment));
  const from = join(PROJECT_ROOT, file);
  const to = join(target, ...segments);
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
  const content = readFileSync(from);
  if (content.includes(0) || !content.includes(oldName)) return;
  writeFileSync(to, content.toString().replaceAll(oldName, name));
}
