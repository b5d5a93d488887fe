import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isOwnReadme, README } from './readme.ts';

const ROOT = join(import.meta.dirname, '..');

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

test.for(['AGENTS.md', 'CONTRIBUTING.md', 'SECURITY.md', 'docs/not-here.md', 'README.md'])(
  'what %s links to is there, and so are the scripts that it names',
  (page) => {
    const folder = join(ROOT, page, '..');
    const links = read(page).matchAll(/\]\((?!https?:)([^)#]+)/g);
    const missing = Array.from(links, ([, link = '']) => link).filter(
      (link) => !existsSync(join(folder, link)),
    );
    expect(missing).toEqual([]);
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = Array.from(read(page).matchAll(/npm run ([\w:]+)/g), ([, name = '']) => name);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  },
);

test.skipIf(isOwnReadme)('the README shows each picture that is there, and all are small', () => {
  const shown = Array.from(README.matchAll(/docs\/images\/([\w.-]+)/g), ([, name]) => name);
  const names = readdirSync(join(ROOT, 'docs/images'));
  expect(shown.toSorted()).toEqual(names.toSorted());
  for (const name of names) {
    expect(statSync(join(ROOT, 'docs/images', name)).size).toBeLessThan(60_000);
  }
});

interface Task {
  readonly label: string;
  readonly command: string;
  readonly problemMatcher: {
    readonly pattern: { readonly regexp: string };
    readonly background: Readonly<Record<'beginsPattern' | 'endsPattern', string>>;
  };
}

interface Launch {
  readonly configurations: readonly { readonly port: number; readonly preLaunchTask: string }[];
}

test.skipIf(isOwnReadme)('the README has the command that the editor starts', () => {
  const { tasks } = JSON.parse(read('.vscode/tasks.json')) as { readonly tasks: readonly [Task] };
  expect(README).toContain(`\`${tasks[0].command}\``);
});

test('the editor starts what opens the inspector, and reads what it prints', () => {
  const { tasks } = JSON.parse(read('.vscode/tasks.json')) as { readonly tasks: readonly [Task] };
  const { configurations } = JSON.parse(read('.vscode/launch.json')) as Launch;
  const [{ label, problemMatcher }] = tasks;
  expect(configurations).toMatchObject([{ port: 9229, preLaunchTask: label }]);
  expect(read('packages/framework/src/commands/runserver.ts')).toContain("'127.0.0.1:9229'");
  const { pattern, background } = problemMatcher;
  const problem = new RegExp(pattern.regexp).exec('types: src/a.ts(1,14): error TS2322: Type …');
  expect(problem?.slice(1)).toEqual(['src/a.ts', '1', '14', 'TS2322', 'Type …']);
  expect('worker 2 is ready (pid 7, 900 ms)').toMatch(new RegExp(background.endsPattern));
  expect('views.ts changed: replacing the workers').toMatch(new RegExp(background.beginsPattern));
});
