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
import { CommandError } from '../errors.ts';
import { print, type Command } from './command.ts';

export const startproject: Command = {
  name: 'startproject',
  usage: 'NAME [FOLDER]',
  summary: 'Copies this project under a name of its own, beside this one unless told where.',
  run: startProject,
};

const PROJECT_ROOT = process.cwd();
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
  const { positionals } = parseArgs({ args, allowPositionals: true });
  const [name, folder = join(dirname(PROJECT_ROOT), name ?? ''), ...rest] = positionals;
  if (name === undefined || rest.length > 0)
    throw new CommandError('Usage: startproject NAME [FOLDER]');
  const target = resolve(folder);
  const oldName = nameOfThisProject();
  requireName(name, oldName);
  requireFreeFolder(target);
  const places = placesOf(oldName);
  const rename = (text: string) => text.replaceAll(places, name);
  for (const file of projectFiles()) copyFile(file, target, rename);
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

/**
 * Where a project's name stands for it: `app` or `server` is a word that means something else
 * elsewhere. A test finds the places of the sample project that are not here.
 */
function placesOf(name: string): RegExp {
  const modules = [...modulesOf(name), ...MODULES_IN_EXAMPLES].join('|');
  const places = [
    // The folder, and what another folder imports from it: src/NAME, '../NAME/views.ts'.
    String.raw`(?<=(?:\bsrc|\btest|<source root>)/)${name}(?![\w.-])`,
    String.raw`(?<=\.\.?/(?:dist/)?)${name}(?=/[\w./-]+\.[jt]s')`,
    // A module, in regular expressions too: NAME.settings.
    String.raw`(?<![\w./])${name}(?=\\?\.(?:${modules})\b)`,
    // package.json, and what package-lock.json says of the project itself.
    String.raw`(?<=^(?: {4}"": )?\{\n +"name": ")${name}(?=")`,
    // .oxlintrc.json
    String.raw`(?<=\|)${name}(?=\)/")`,
    `(?<=")${name}(?= imports framework )`,
    // deploy/stack.yml
    String.raw`(?<=deploy/stack\.yml )${name}(?![\w-])`,
    // LICENSE
    `(?<=the )${name}(?= contributors$)`,
  ];
  return new RegExp(places.join('|'), 'gm');
}

// There are no files of these names: tests look for them in vain, and the README invents one.
const MODULES_IN_EXAMPLES = ['nowhere', 'other', 'setings'];

function modulesOf(name: string): string[] {
  const files = readdirSync(join(PROJECT_ROOT, 'src', name));
  return files.flatMap((file) => /^[\w-]+/.exec(file) ?? []);
}

/** Renames the project in a file's path and in its text; what is no text is copied as it is. */
function copyFile(file: string, target: string, rename: (text: string) => string): void {
  const from = join(PROJECT_ROOT, file);
  const to = join(target, rename(file.split(sep).join('/')));
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
  const content = readFileSync(from);
  // As latin1, text in any encoding keeps its bytes.
  if (!content.includes(0)) writeFileSync(to, rename(content.toString('latin1')), 'latin1');
}
