import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SIGNALS } from '../src/arbiter/signals.ts';
import { ExitCode } from '../src/errors.ts';
import { HOOK_NAMES } from '../src/hooks.ts';
import { SETTLED_SETTINGS } from '../src/settings/config.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/gateway.md'), 'utf8');

/** The first cells of the table whose header begins with this cell. */
function firstColumn(header: string): string[] {
  const lines = PAGE.split('\n');
  const [, , ...below] = lines.slice(lines.findIndex((line) => line.startsWith(`| ${header}`)));
  const rows = below.slice(0, below.indexOf(''));
  return rows.map((row) => row.split('|')[1]?.trim() ?? '');
}

test('docs/gateway.md has every signal of the arbiter, and no other', () => {
  const documented = firstColumn('To the arbiter').flatMap((cell) => cell.split(', '));
  expect(documented.toSorted()).toEqual(SIGNALS.map((signal) => signal.slice(3)).toSorted());
});

test('docs/gateway.md has every exit code, and no other', () => {
  expect(firstColumn('Exit code').map(Number)).toEqual(Object.values(ExitCode));
});

test('docs/gateway.md lists what a reload does not reach', () => {
  const [, list = ''] = /is not read again\s+\(([^)]*)\)/.exec(PAGE) ?? [];
  expect([...list.matchAll(/`(\w+)`/g)].map(([, name]) => name)).toEqual([...SETTLED_SETTINGS]);
});

test('docs/gateway.md has every hook, and says which are awaited, as their types do', () => {
  const source = readFileSync(join(import.meta.dirname, '../src/hooks.ts'), 'utf8');
  const typed = Array.from(
    source.matchAll(/^ {2}(\w+)\?\(.*\): (void|Awaitable<.+>);$/gm),
    ([, name = '', type]) => [name, type === 'void' ? 'no' : 'yes'],
  );
  expect(typed.map(([name]) => name)).toEqual(HOOK_NAMES);
  const rows = PAGE.matchAll(/^\| `(\w+)` +\| (?:arbiter|worker), .*\| (yes|no)\b[^|]*\|$/gm);
  expect(Array.from(rows, ([, name, awaited]) => [name, awaited])).toEqual(typed);
});
