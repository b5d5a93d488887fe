import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { collectStatic } from '../../../src/framework/staticfiles/collect.ts';
import { findStatic } from '../../../src/framework/staticfiles/finders.ts';
import { withSettings } from '../serve.ts';
import { makeTree } from './tree.ts';

function useFolders() {
  const root = makeTree({
    'one/app.css': 'one',
    'two/app.css': 'two',
    'two/img/logo.svg': '<svg/>',
    'out/stale/old.css': 'stale',
  });
  const [one, two, out] = ['one', 'two', 'out'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  withSettings({ STATICFILES_DIRS: [one, two], STATIC_ROOT: out });
  return { root, one, two, out };
}

test('every file is copied, the first folder wins, what is stale goes', () => {
  const { out } = useFolders();
  expect(collectStatic()).toBe(2);
  expect(readFileSync(join(out, 'app.css'), 'utf8')).toBe('one');
  expect(readFileSync(join(out, 'img/logo.svg'), 'utf8')).toBe('<svg/>');
  expect(existsSync(join(out, 'stale/old.css'))).toBe(false);
});

test('a link out of the folder is not copied', () => {
  const { root, one, out } = useFolders();
  symlinkSync(join(root, 'two/app.css'), join(one, 'leak.css'));
  expect(collectStatic()).toBe(2);
  expect(existsSync(join(out, 'leak.css'))).toBe(false);
});

test('without STATIC_ROOT it is refused', () => {
  withSettings({ STATIC_ROOT: null });
  expect(collectStatic).toThrow('STATIC_ROOT is not set');
});

test.for(['one', 'one/inside', ''])(
  'STATIC_ROOT at %j, among the sources, is refused and nothing is removed',
  (inside) => {
    const { root, one } = useFolders();
    withSettings({ STATIC_ROOT: join(root, inside) });
    expect(collectStatic).toThrow('expected a folder of its own');
    expect(existsSync(join(one, 'app.css'))).toBe(true);
  },
);

test('the finders give the file of the first folder', () => {
  const { one, two } = useFolders();
  expect(findStatic('app.css')).toBe(join(one, 'app.css'));
  expect(findStatic('img/logo.svg')).toBe(join(two, 'img/logo.svg'));
  expect(findStatic('../out/stale/old.css')).toBeUndefined();
});
