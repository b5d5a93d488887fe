import { randomBytes } from 'node:crypto';
import {
  existsSync,
  globSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { CommandError } from '../../src/errors.ts';
import { collectStatic, overlaps } from '../../src/staticfiles/collect.ts';
import { readHashedNames } from '../../src/staticfiles/manifest.ts';
import { withSettings } from '../serve.ts';
import { makeTree } from './tree.ts';

function useFolders(more: Readonly<Record<string, string>> = {}) {
  const root = makeTree({
    'one/app.css': 'p{}\n',
    'two/app.css': 'two',
    'two/img/logo.png': 'png\n',
    ...more,
  });
  const folder = (name: string) => join(root, name);
  const out = folder('out');
  withSettings({
    STATICFILES_DIRS: [folder('one'), folder('two')],
    STATIC_ROOT: out,
    STATIC_URL: '/static/',
  });
  const read = (name: string) => readFileSync(join(out, name), 'utf8');
  return { root, one: folder('one'), two: folder('two'), out, read };
}

/** A folder with these files alone, and what the file `name` is collected as. */
async function collectedAs(name: string, files: Readonly<Record<string, string>>) {
  const root = makeTree(
    Object.fromEntries(Object.entries(files).map(([file, content]) => [`in/${file}`, content])),
  );
  const STATIC_ROOT = join(root, 'out');
  withSettings({ STATICFILES_DIRS: [join(root, 'in')], STATIC_ROOT, STATIC_URL: '/static/' });
  await collectStatic();
  const hashedName = readHashedNames(STATIC_ROOT)?.get(name) ?? '';
  return { hashedName, content: readFileSync(join(STATIC_ROOT, hashedName), 'utf8') };
}

test('every file is copied, the first folder wins', async () => {
  const { read } = useFolders();
  expect(await collectStatic()).toEqual({ copied: 2, unmodified: 0, postProcessed: 2, removed: 0 });
  expect(read('app.css')).toBe('p{}\n');
  expect(read('img/logo.png')).toBe('png\n');
});

test('what a run that was killed left unfinished goes, and nothing that looks like it', async () => {
  const uuid = '0189f7ea-ae2c-4809-8aeb-b819cf5e9e7f';
  const names = [`.${uuid}.tmp`, `img/.${uuid}.tmp`, `new/.${uuid}.tmp`, '.mine.tmp'];
  const { out } = useFolders(Object.fromEntries(names.map((name) => [`out/${name}`, ''])));
  for (const name of names.filter((one) => !one.startsWith('new')))
    utimesSync(join(out, name), 0, 0);
  await collectStatic();
  expect(globSync('**/.*.tmp', { cwd: out }).toSorted()).toEqual(['.mine.tmp', names[2]]);
});

test('what editors and CVS leave behind is not published', async () => {
  const { out } = useFolders({ 'one/app.js~': '', 'one/CVS/Entries': '', 'one/old~/a.css': '' });
  await collectStatic();
  expect(globSync('**/{*~,Entries*,a.*css}', { cwd: out })).toEqual([]);
});

test('a file that is too large to be read is told by its name', async () => {
  const { one } = useFolders({ 'one/film.mp4': '' });
  // It takes no room: nothing is written into it.
  truncateSync(join(one, 'film.mp4'), 2 ** 31 + 1);
  await expect(collectStatic()).rejects.toThrow(
    /^The static file .*one\/film\.mp4 cannot be read:/,
  );
});

test('what was collected and is stale goes: a file, its hashed name a run later, its variants', async () => {
  const { one, out } = useFolders({ 'one/long.css': 'a { color: red }\n'.repeat(100) });
  const left = () => globSync('long.*', { cwd: out }).length;
  await collectStatic();
  expect(left()).toBe(6);
  rmSync(join(one, 'long.css'));
  expect(await collectStatic()).toMatchObject({ unmodified: 2, removed: 3 });
  expect(left()).toBe(3);
  expect(await collectStatic()).toMatchObject({ unmodified: 2, removed: 3 });
  expect(left()).toBe(0);
});

test('a file that was not collected stays', async () => {
  const foreign = [
    'robots.txt',
    'robots.txt.gz',
    'app.000000000000.css',
    'css/app.b864b7b520ea.css',
  ];
  const { one, out } = useFolders(Object.fromEntries(foreign.map((name) => [`out/${name}`, name])));
  await collectStatic();
  writeFileSync(join(one, 'app.css'), 'q{}\n');
  await collectStatic();
  await collectStatic();
  expect(foreign.filter((name) => !existsSync(join(out, name)))).toEqual([]);
});

test('a folder without a manifest keeps what is named by its content', async () => {
  const { out } = useFolders({ 'out/app.4100b81107ac.css': 'q{}\n' });
  await collectStatic();
  expect(existsSync(join(out, 'app.4100b81107ac.css'))).toBe(true);
});

test("files have a second name, from their content's MD5, which the manifest tells", async () => {
  const { read } = useFolders();
  await collectStatic();
  expect(read('app.b864b7b520ea.css')).toBe('p{}\n');
  expect(read('img/logo.eab3b89c707d.png')).toBe('png\n');
  expect(JSON.parse(read('staticfiles.json'))).toEqual({
    version: '1.1',
    paths: { 'app.css': 'app.b864b7b520ea.css', 'img/logo.png': 'img/logo.eab3b89c707d.png' },
    hash: expect.stringMatching(/^[0-9a-f]{12}$/),
  });
});

test('a second run writes nothing again', async () => {
  const { out } = useFolders({ 'one/long.css': 'a { color: red }\n'.repeat(100) });
  await collectStatic();
  const times = () => modifiedTimes(out);
  const before = times();
  expect(await collectStatic()).toEqual({ copied: 0, unmodified: 3, postProcessed: 3, removed: 0 });
  expect({ ...times(), 'staticfiles.json': 0 }).toEqual({ ...before, 'staticfiles.json': 0 });
});

test('a change gives a new name; the old one stays for one more run', async () => {
  const { one, out } = useFolders();
  const has = (name: string) => existsSync(join(out, name));
  await collectStatic();
  writeFileSync(join(one, 'app.css'), 'q{}\n');
  expect(await collectStatic()).toMatchObject({ copied: 1, unmodified: 1 });
  expect([has('app.b864b7b520ea.css'), has('app.4100b81107ac.css')]).toEqual([true, true]);
  await collectStatic();
  expect([has('app.b864b7b520ea.css'), has('app.4100b81107ac.css')]).toEqual([false, true]);
});

test('a broken manifest is made anew', async () => {
  const { out, read } = useFolders({ 'out/staticfiles.json': '{' });
  await collectStatic();
  expect(readHashedNames(out)?.size).toBe(2);
  expect(read('staticfiles.json')).toContain('b864b7b520ea');
});

test('variants are kept where they save at least a twentieth', async () => {
  const long = 'a { color: red }\n'.repeat(100);
  const { out } = useFolders({ 'one/long.css': long, 'one/short.css': 'a{}' });
  await collectStatic();
  const variants = globSync('**/*.{gz,br}', { cwd: out }).toSorted();
  const hashed = readHashedNames(out)?.get('long.css') ?? '';
  expect(variants).toEqual(
    [hashed, 'long.css'].flatMap((name) => [`${name}.br`, `${name}.gz`]).toSorted(),
  );
  const bytes = (name: string) => readFileSync(join(out, name));
  expect(gunzipSync(bytes(`${hashed}.gz`)).toString()).toBe(long);
  expect(brotliDecompressSync(bytes(`${hashed}.br`)).toString()).toBe(long);
});

test('an image, and what hardly shrinks, has no variants', async () => {
  const { one, out } = useFolders({ 'one/art.png': 'x'.repeat(5000) });
  writeFileSync(join(one, 'noise.txt'), randomBytes(5000));
  await collectStatic();
  expect(globSync('**/*.{gz,br}', { cwd: out })).toEqual([]);
});

test('a variant goes where the new content has none', async () => {
  const { one, out } = useFolders({ 'one/long.css': 'a { color: red }\n'.repeat(100) });
  await collectStatic();
  writeFileSync(join(one, 'long.css'), 'a{}');
  await collectStatic();
  expect(existsSync(join(out, 'long.css.gz'))).toBe(false);
});

test("a project's own variant gives way to the one that is made", async () => {
  const content = 'a { color: red }\n'.repeat(100);
  const { out } = useFolders({ 'one/long.css': content, 'one/long.css.gz': 'own' });
  await collectStatic();
  expect(gunzipSync(readFileSync(join(out, 'long.css.gz'))).toString()).toBe(content);
});

test('hidden files and links out of the folder are not copied', async () => {
  const { root, one, out } = useFolders({ 'one/.hidden.css': '', 'one/.git/config': '' });
  symlinkSync(join(root, 'two/app.css'), join(one, 'leak.css'));
  symlinkSync(join(root, 'nowhere'), join(one, 'dangling.css'));
  expect(await collectStatic()).toMatchObject({ copied: 2 });
  expect(existsSync(join(out, 'leak.css'))).toBe(false);
});

test('progress is told, file by file', async () => {
  useFolders();
  const seen: [number, number][] = [];
  await collectStatic((done, total) => seen.push([done, total]));
  expect(seen).toEqual([
    [1, 2],
    [2, 2],
  ]);
});

test('without STATIC_ROOT it is refused', async () => {
  withSettings({ STATIC_ROOT: null });
  await expect(collectStatic()).rejects.toThrow('STATIC_ROOT is not set');
});

test.for(['one', 'one/inside', ''])(
  'STATIC_ROOT at %j, among the sources, is refused and nothing is removed',
  async (inside) => {
    const { root, one } = useFolders();
    withSettings({ STATIC_ROOT: join(root, inside) });
    await expect(collectStatic()).rejects.toThrow('expected a folder of its own');
    expect(existsSync(join(one, 'app.css'))).toBe(true);
  },
);

test.for([
  ['/srv/static', '/srv/static', true],
  ['/srv', '/srv/static', true],
  ['/', '/srv/static', true],
  ['/srv/stat', '/srv/static', false],
] as const)('%s and %s overlap: %s', ([one, other, expected]) => {
  expect([overlaps(one, other), overlaps(other, one)]).toEqual([expected, expected]);
});

test('style sheets refer to hashed names, and are named after them', async () => {
  const app = '@import "css/base.css"; a { background: url(img/logo.png) }';
  const base = 'b { background: url(../img/logo.png#dot) }';
  const files = { 'app.css': app, 'css/base.css': base, 'img/logo.png': 'png\n' };
  const first = await collectedAs('app.css', files);
  expect(first.content).toMatch(
    /^@import "css\/base\.[0-9a-f]{12}\.css"; a { background: url\("img\/logo\.eab3b89c707d\.png"\) }$/,
  );
  const second = await collectedAs('app.css', { ...files, 'img/logo.png': 'another' });
  expect(second.hashedName).not.toBe(first.hashedName);
});

test('the plain name keeps the style sheet as it is written', async () => {
  const css = 'a { background: url(logo.png) }';
  const { read } = useFolders({ 'one/sheet.css': css, 'one/logo.png': 'png\n' });
  await collectStatic();
  expect(read('sheet.css')).toBe(css);
});

test('a chain of imports may be long', async () => {
  const chain = Array.from({ length: 20 }, (_, i) => [
    `${i}.css`,
    i < 19 ? `@import "${i + 1}.css";` : 'a{}',
  ]);
  const { content } = await collectedAs('0.css', Object.fromEntries(chain));
  expect(content).toMatch(/^@import "1\.[0-9a-f]{12}\.css";$/);
});

test.for(['app.js', 'app.mjs'])(
  'the source map of %s is found under its hashed name',
  async (name) => {
    const script = 'run();\n//# sourceMappingURL=app.map\n';
    const { content } = await collectedAs(name, { [name]: script, 'app.map': '{}' });
    expect(content).toMatch(/^run\(\);\n\/\/# sourceMappingURL=app\.[0-9a-f]{12}\.map\n$/);
  },
);

test.for([
  ['app.js', 'run();\n//# sourceMappingURL=gone.js.map\n'],
  ['app.js', 'run("\n//# sourceMappingURL");'],
  ['app.css', 'a{}\n/*# sourceMappingURL=gone.css.map */'],
  ['app.css', '/* url(gone.png) */ a { color: red /* url(gone.png) */ }'],
  ['app.css', 'a { background: url(data:image/png;base64,AA) } b { clip-path: url(#x) }'],
  ['app.css', 'a { background: url(https://a.example/x.png), url(//a.example/x), url(/media/x) }'],
] as const)('%s with %j stays', async ([name, content]) => {
  expect((await collectedAs(name, { [name]: content })).content).toBe(content);
});

test('every reference to nothing is told, with its place', async () => {
  const files = {
    'app.css': 'a{}\nb { background: url(gone.png) }',
    'img/icons.css': '@import "../app2.css";',
  };
  await expect(collectedAs('app.css', files)).rejects.toThrow(
    "app.css, line 2: refers to 'gone.png', but there is no static file 'gone.png'.\n" +
      "img/icons.css, line 1: refers to '../app2.css', but there is no static file 'app2.css'.",
  );
});

test('one reference to nothing is enough to refuse', async () => {
  const files = { 'app.css': 'a { background: url(gone.png) }' };
  await expect(collectedAs('app.css', files)).rejects.toThrow("no static file 'gone.png'");
});

test('style sheets that import one another are refused', async () => {
  const files = { 'a.css': '@import "b.css";', 'b.css': '@import "a.css";' };
  await expect(collectedAs('a.css', files)).rejects.toThrow(
    'a.css refers to b.css refers to a.css: files in a circle',
  );
});

test('a broken style sheet is told with its place', async () => {
  const collected = collectedAs('a.css', { 'a.css': 'a {}\nb {' });
  await expect(collected).rejects.toThrow(CommandError);
  await expect(collected).rejects.toThrow(/in\/a\.css:2:1: Unclosed block/);
});

test('a style sheet in another encoding is refused, a script is not', async () => {
  const { one, out } = useFolders();
  const latin1 = Buffer.from('// caf\xe9\n//# sourceMappingURL=app.css\n', 'latin1');
  writeFileSync(join(one, 'app.js'), latin1);
  await collectStatic();
  const hashed = readFileSync(join(out, readHashedNames(out)?.get('app.js') ?? ''), 'latin1');
  expect(hashed).toContain('caf\xe9\n//# sourceMappingURL=app.b864b7b520ea.css');
  writeFileSync(join(one, 'app.css'), latin1);
  await expect(collectStatic()).rejects.toThrow(/app\.css is not UTF-8/);
  rmSync(join(one, 'app.js'));
});

function modifiedTimes(folder: string): Record<string, number> {
  const names = globSync('**/*.*', { cwd: folder });
  return Object.fromEntries(names.map((name) => [name, statSync(join(folder, name)).mtimeMs]));
}
