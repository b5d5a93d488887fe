import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Clone } from '../../packages/framework/test/commands/clone.ts';

const ROOT = join(import.meta.dirname, '../..');
/** A merge, a build and the tests of a clone. */
const LONGER = { timeout: 240_000 };

/** The page's blocks of commands, by the heading they stand below. */
const BLOCKS = new Map(
  readFileSync(join(ROOT, 'docs/updating.md'), 'utf8')
    .split(/^## /m)
    .slice(1)
    .map((section) => [
      section.slice(0, section.indexOf('\n')),
      Array.from(section.matchAll(/^```sh\n([^`]+)```$/gm), ([, block = '']) => block),
    ]),
);

function commands(heading: string): string {
  const blocks = BLOCKS.get(heading);
  if (blocks === undefined) throw new Error(`docs/updating.md has no '${heading}'.`);
  return blocks.join('').replace('https://git.example/template.git', ROOT);
}

/**
 * The commit that a project can have begun from: the first whose lines that name the project are today's.
 * packages/CHANGELOG.md says what those before have to do by hand.
 */
function beginning(): string {
  const added = ['-m', '--diff-filter=A', '--', 'nginx/templates/upstream.conf.template'];
  const [first = 'HEAD'] = git('log', '--first-parent', '--format=%H', '--reverse', ...added);
  return first;
}

function git(...words: string[]): string[] {
  const text = execFileSync('git', words, { cwd: ROOT, encoding: 'utf8' });
  return text.split('\n').filter((line) => line !== '');
}

test(
  'a project that was cloned from an earlier commit takes over this template',
  LONGER,
  async () => {
    const clone = await earlierClone();
    await developProject(clone);
    await clone.run(commands('Once for each clone'));
    await takeOver(clone);
  },
);

test('one that began as a copy of it, without history, too', LONGER, async () => {
  const clone = await earlierClone();
  await clone.run('rm --recursive .git && git init --quiet --initial-branch main');
  await clone.commit('Initial commit');
  await developProject(clone);
  await clone.run(commands('Once for each clone'));
  await clone.run(commands('Once, where the history is not there'));
  await takeOver(clone);
});

async function earlierClone(): Promise<Clone> {
  const clone = await Clone.of(beginning());
  onTestFinished(() => clone.remove());
  return clone;
}

/** What people do to a template in their first weeks. */
async function developProject(clone: Clone): Promise<void> {
  await clone.run('npm run --silent manage -- startproject webshop');
  await clone.run('npx prettier --write --log-level warn .');
  await clone.commit('Start webshop');
  edit(clone, 'src/webshop/views.ts', /name: `Item \$\{id\}`/, 'name: `Article ${id}`');
  edit(clone, 'src/webshop/urls.ts', /path\('items\//, "path('articles/");
  edit(clone, 'src/webshop/settings.ts', /(?<=LOG_LEVELS, ')info/, 'debug');
  edit(clone, 'test/webshop/project.test.ts', /\/items\/7\//g, '/articles/7/');
  edit(clone, 'test/webshop/project.test.ts', /Item 7/g, 'Article 7');
  edit(clone, 'docker-compose.yml', /\$\{APP_MEMORY:-512m\}/, '${APP_MEMORY:-1g}');
  edit(clone, 'package.json', /"description": ".*"/, '"description": "A shop."');
  edit(clone, 'package.json', /(?<="scripts": \{\n)/, '    "seed": "tsx src/webshop/seed.ts",\n');
  edit(clone, 'README.md', /What it is, and for whom\./, 'Articles of all kinds.');
  appendTo(clone, '.gitignore', '/photos/\n');
  appendTo(clone, '.env.example', '\n# Where photos are kept.\n#PHOTO_DIR=/tmp/photos\n');
  appendTo(clone, 'CHANGELOG.md', '\n- Articles.\n');
  edit(
    clone,
    'nginx/templates/servers/internal.conf.template',
    /(?<=location = \/healthz \{\n)/,
    '        # Ours.\n',
  );
  await clone.commit('Sell articles');
}

async function takeOver(clone: Clone): Promise<void> {
  await clone.run(commands('Look first'));
  const [merge = '', ...others] = commands('Take it over').trim().split('\n');
  const rename = others.splice(2);
  expect(others).toEqual(['npm install', 'npm test']);
  expect(await clone.run(`${merge} --no-edit`)).not.toContain('CONFLICT');
  expect(await clone.run('git status --porcelain')).toBe('');
  expect(await clone.run('git diff --stat HEAD template/main -- packages docs')).toBe('');
  await clone.run(rename.join('\n'));
  expect(read(clone, 'README.md')).toMatch(/^# webshop\n[^]*Articles of all kinds\./);
  expect(read(clone, 'src/webshop/views.ts')).toContain('Article ${id}');
  await clone.run('npx prettier --check . && npx tsc -p test && npm run --silent build');
  expect(await clone.run('npx vitest run test/webshop')).toMatch(/Tests +\d+ passed/);
}

function edit(clone: Clone, file: string, pattern: RegExp, replacement: string): void {
  const path = join(clone.folder, file);
  const text = readFileSync(path, 'utf8');
  const edited = text.replace(pattern, () => replacement);
  if (edited === text) throw new Error(`${file} has no ${pattern}`);
  writeFileSync(path, edited);
}

function appendTo(clone: Clone, file: string, text: string): void {
  appendFileSync(join(clone.folder, file), text);
}

function read(clone: Clone, file: string): string {
  return readFileSync(join(clone.folder, file), 'utf8');
}
