import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const TRIED = 'test/recipes';
const PAGES = globSync('docs/recipes/*.md', { cwd: ROOT });

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** The blocks that begin with a file's name, with the page that they stand on. */
const BLOCKS = PAGES.flatMap((page) =>
  Array.from(
    read(page).matchAll(/^```\w+\n(?:\/\/|#) ((?:src|test|deploy|docker|nginx)\S+)\n(.*?)^```$/gms),
    ([, name = '', text = '']) => ({ page: basename(page), name, text }),
  ),
);

/** What `npm run test:recipes` puts into a clone: the files by their names there. */
const FILES = globSync(`${TRIED}/*/**/*`, { cwd: ROOT, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(join(ROOT, TRIED).length + 1))
  .map((path) => ({ path, name: path.slice(path.indexOf('/') + 1) }));

test.for(BLOCKS)('$page has of $name what is tried', ({ name, text }) => {
  const sources = FILES.filter((file) => file.name === name).map(({ path }) =>
    read(join(TRIED, path)),
  );
  expect(sources.some((source) => source.includes(text.trim()))).toBe(true);
});

test('each file that a recipe adds stands on a page, whole', () => {
  const isOwn = ({ path }: { path: string }) => !path.startsWith('project/');
  const missing = FILES.filter(isOwn).filter(({ path, name }) => {
    const source = read(join(TRIED, path))
      .replace(/^#!.*\n/, '')
      .trim();
    return !BLOCKS.some((block) => block.name === name && block.text.trim() === source);
  });
  expect(missing.map(({ path }) => path)).toEqual([]);
});

test('what the pages install is what is tried', () => {
  const { dependencies, devDependencies } = JSON.parse(read(`${TRIED}/package.json`)) as Record<
    'dependencies' | 'devDependencies',
    Record<string, string>
  >;
  const installed = PAGES.flatMap((page) =>
    Array.from(read(page).matchAll(/^npm install (?:--save-dev )?(.*)$/gm), ([, names = '']) =>
      names.split(' '),
    ),
  ).flat();
  expect(installed.toSorted()).toEqual(
    [...Object.keys(dependencies), ...Object.keys(devDependencies)].toSorted(),
  );
});

test('recipes.md leads to each page', () => {
  const links = Array.from(read('docs/recipes.md').matchAll(/\(recipes\/([\w-]+\.md)\)/g));
  expect(links.map(([, name]) => name).toSorted()).toEqual(
    PAGES.map((page) => basename(page)).toSorted(),
  );
});
