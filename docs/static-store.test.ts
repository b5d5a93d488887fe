import { execFileSync } from 'node:child_process';
import {
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../packages/wsgi/test/temporary-folder.ts';

const ADD_STATIC = join(import.meta.dirname, '../deploy/add-static');
const DAY_MS = 86_400_000;

/** Of the release that is added in each test. */
const NOW = 'site.000000000000.css';
/** A name with a hash for each age. */
const nameOf = (days: number): string => `site.${String(days).padStart(12, '0')}.css`;

/** Runs deploy/add-static on folders of its own. */
class StaticStore {
  readonly #from = temporaryFolder();
  readonly folder: string = temporaryFolder();

  /** Adds a release of these files, as if it had been so many days ago; gives what it prints. */
  add(files: Readonly<Record<string, string>>, daysAgo = 0, environment: NodeJS.ProcessEnv = {}) {
    rmSync(this.#from, { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.#from, name)), { recursive: true });
      writeFileSync(join(this.#from, name), text);
    }
    const before = new Set(this.#releases());
    const env = { PATH: process.env['PATH'], ...environment };
    const words = [ADD_STATIC, this.#from, this.folder];
    const said = execFileSync('sh', words, { env, encoding: 'utf8' });
    for (const name of this.#releases())
      if (!before.has(name)) this.age(`releases/${name}`, daysAgo);
    return said;
  }

  age(path: string, daysAgo: number): void {
    const seconds = (Date.now() - daysAgo * DAY_MS) / 1000;
    utimesSync(join(this.folder, path), seconds, seconds);
  }

  read(name: string): string {
    return readFileSync(join(this.folder, 'static', name), 'utf8');
  }

  get files(): string[] {
    const folder = join(this.folder, 'static');
    return globSync('**/*.*', { cwd: folder }).toSorted();
  }

  #releases(): string[] {
    return globSync('*', { cwd: join(this.folder, 'releases') });
  }
}

/** A store with a release for each of these ages, the oldest first, and one of now. */
function storeWith(ages: readonly number[], environment: NodeJS.ProcessEnv): StaticStore {
  const store = new StaticStore();
  for (const days of ages) store.add({ [nameOf(days)]: '' }, days, { STATIC_KEEP_DAYS: '9999' });
  store.add({ [NOW]: '' }, 0, environment);
  return store;
}

test.for<[what: string, ages: number[], environment: NodeJS.ProcessEnv, kept: number[]]>([
  ['of old ones the last five', [90, 80, 70, 60, 50, 40], {}, [40, 50, 60, 70]],
  ['of many all of the last 30 days', [35, 29, 5, 4, 3, 2, 1], {}, [1, 2, 3, 4, 5, 29]],
  ['as many as STATIC_KEEP_RELEASES', [90, 80, 70], { STATIC_KEEP_RELEASES: '2' }, [70]],
  [
    'as late as STATIC_KEEP_DAYS',
    [90, 80, 70],
    { STATIC_KEEP_RELEASES: '1', STATIC_KEEP_DAYS: '75' },
    [70],
  ],
])('it keeps the files of releases: %s', ([, ages, environment, kept]) => {
  const names = [NOW, ...kept.map(nameOf)];
  expect(storeWith(ages, environment).files).toEqual(names);
});

test('a file that a kept release names stays, whoever else named it', () => {
  const store = new StaticStore();
  store.add({ 'shared.0123456789ab.js': '', 'old.0123456789ab.js': '' }, 90);
  store.add({ 'shared.0123456789ab.js': '', [NOW]: '' }, 0, { STATIC_KEEP_RELEASES: '1' });
  expect(store.files).toEqual(['shared.0123456789ab.js', NOW]);
});

test('a release that is added again is as late as that: --back', () => {
  const store = storeWith([90, 80], {});
  store.add({ [nameOf(90)]: '' }, 0, { STATIC_KEEP_RELEASES: '2' });
  expect(store.files).toEqual([NOW, nameOf(90)]);
});

test('a name with a hash is written once, and another is brought up to date', () => {
  const store = new StaticStore();
  store.add({ 'a/site.0123456789ab.css': 'first', 'robots.txt': 'first' });
  store.add({ 'a/site.0123456789ab.css': 'second', 'robots.txt': 'second' });
  expect([store.read('a/site.0123456789ab.css'), store.read('robots.txt')]).toEqual([
    'first',
    'second',
  ]);
});

test('the manifest is not served, and what was added is told', () => {
  const store = new StaticStore();
  const said = store.add({ 'staticfiles.json': '{}', 'a b.txt': '', [NOW]: '' });
  expect(said).toMatch(/^[0-9a-f]{12}: 2 files; 1 releases in the store\n$/);
  expect(store.files).toEqual(['a b.txt', NOW]);
});

test('what a run left that was killed goes after a day', () => {
  const store = new StaticStore();
  for (const name of ['.new.1', '.new.2']) writeFileSync(join(store.folder, name), '');
  store.age('.new.1', 2);
  store.add({ [NOW]: '' });
  expect(['.new.1', '.new.2'].map((name) => existsSync(join(store.folder, name)))).toEqual([
    false,
    true,
  ]);
});
