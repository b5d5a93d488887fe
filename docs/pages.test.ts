import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { PAGES, pageText } from './pages.ts';
import { publicNames } from './reference-page.ts';
import { ENVIRONMENT_EXAMPLES } from './settings-page.ts';
import { env } from '../packages/framework/src/settings/env.ts';
import { GLOBAL_SETTINGS } from '../packages/framework/src/settings/global-settings.ts';

afterEach(() => vi.unstubAllEnvs());

test.for(Object.keys(PAGES))('%s is what the code says: else run `npm run docs`', async (name) => {
  const file = join(import.meta.dirname, name);
  expect(readFileSync(file, 'utf8')).toBe(await pageText(name));
});

test('settings.md has a heading for each setting', async () => {
  const page = await pageText('settings.md');
  const headings = Array.from(page.matchAll(/^### `(\w+)`$/gm), ([, name]) => name);
  expect(headings.toSorted()).toEqual(Object.keys(GLOBAL_SETTINGS).toSorted());
});

const PUBLIC_NAMES = publicNames();

test.for([...new Set(PUBLIC_NAMES.map(({ module }) => module))])(
  'reference.md has what %s exports when it is imported',
  async (module) => {
    const listed = PUBLIC_NAMES.filter((one) => one.module === module).map(({ name }) => name);
    expect(listed).toEqual(expect.arrayContaining(Object.keys((await import(module)) as object)));
    const page = readFileSync(join(import.meta.dirname, 'reference.md'), 'utf8');
    expect(listed.filter((name) => !page.includes(`</a>\`${name}\`\n`))).toEqual([]);
  },
);

test('reference.md has each module that a package exports, except what is run', () => {
  const modules = ['framework', 'wsgi'].flatMap((name) => {
    const file = join(import.meta.dirname, `../packages/${name}/package.json`);
    const { exports } = JSON.parse(readFileSync(file, 'utf8')) as { exports: object };
    return Object.keys(exports).map((path) => `@wsgi/${name}${path.slice(1)}`);
  });
  const listed = new Set(PUBLIC_NAMES.map(({ module }) => module));
  expect(modules.filter((module) => !listed.has(module))).toEqual(['@wsgi/wsgi/cgi-command']);
});

test('each public name has a sentence, or says when it throws', () => {
  const bare = PUBLIC_NAMES.filter(
    ({ sentence, throws }) => sentence === '' && throws.length === 0,
  );
  expect(bare.map(({ module, name }) => `${module} ${name}`)).toEqual([]);
});

test('the table of the environment has every reader', () => {
  expect(Object.keys(ENVIRONMENT_EXAMPLES)).toEqual(Object.keys(env));
});

test.for(Object.values(ENVIRONMENT_EXAMPLES))('%s reads %j as %j', ([call, text, value]) => {
  vi.stubEnv('NAME', text);
  // oxlint-disable-next-line typescript/no-implied-eval, no-new-func
  expect(new Function('env', `return ${call}`)(env)).toEqual(value);
});

/** The rows of recipes.md that begin with a module: `@wsgi/framework`. */
const EXPORTS = Array.from(
  readFileSync(join(import.meta.dirname, 'recipes.md'), 'utf8').matchAll(
    /^\| `(@wsgi\/[\w/-]+)` +\| ([^|]+)\|/gm,
  ),
  ([, module = '', names = '']) => [module, names.match(/\w+/g) ?? []] as const,
);

test('recipes.md tells of what nothing else leads to', () => {
  const names = EXPORTS.flatMap(([, exported]) => exported);
  expect(names).toEqual(expect.arrayContaining(['log', 'registerCheck', 'conditional']));
});

test.for(EXPORTS)('%s exports %j', async ([name, names]) => {
  const module = (await import(name)) as object;
  expect(Object.keys(module)).toEqual(expect.arrayContaining(names));
});
