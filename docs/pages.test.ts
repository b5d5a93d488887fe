import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { PAGES, pageText } from './pages.ts';
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
