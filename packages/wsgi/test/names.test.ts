import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { importModule, ModuleNameError, resolveModuleName } from '../src/names.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A folder with a project `shop`. */
function shopFolder(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'src/shop'), { recursive: true });
  writeFileSync(join(folder, 'src/shop/wsgi.ts'), 'export const application = 1;');
  return folder;
}

test.for<[name: string]>([['shop.wsgi'], ['src/shop/wsgi.ts'], ['./src/shop/wsgi.ts']])(
  'the module %s is found from a folder on',
  ([name]) => {
    const folder = shopFolder();
    expect(resolveModuleName(name, folder)).toBe(join(folder, 'src/shop/wsgi.ts'));
  },
);

test('a dotted name is looked for below the working directory of the moment', async () => {
  const before = process.cwd();
  process.chdir(shopFolder());
  try {
    expect(await importModule('shop.wsgi')).toMatchObject({ application: 1 });
  } finally {
    process.chdir(before);
  }
  expect(() => resolveModuleName('shop.wsgi')).toThrow(ModuleNameError);
});

test.for<[name: string, message: RegExp]>([
  ['shop.nowhere', /^No module 'shop\.nowhere': there is no file .*\/src\/shop\/nowhere\.ts\.$/],
  ['./nowhere.js', /^No module '\.\/nowhere\.js': there is no file .*\/nowhere\.js\.$/],
  ['shop..wsgi', /^'shop\.\.wsgi' is not a module name: expected a dotted name/],
  ['', /^'' is not a module name/],
])('%j is no module: %s', ([name, message]) => {
  expect(() => resolveModuleName(name, shopFolder())).toThrow(message);
});
