import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const ENTRY = join(import.meta.dirname, '../../src/adapters/fetch-handler.ts');
// import clause of a value, also over several lines, or `export … from`
const IMPORT = /^(?:import|export)(?! type\b)[^'";]*?from '([^']+)';$/gm;

/** The files that one imports for more than types, itself among them, with their sources. */
function graphOf(file: string, seen = new Map<string, string>()): ReadonlyMap<string, string> {
  if (seen.has(file)) return seen;
  const source = readFileSync(file, 'utf8');
  seen.set(file, source);
  for (const name of importsOf(source)) {
    if (name.startsWith('.')) graphOf(join(dirname(file), name), seen);
  }
  return seen;
}

function importsOf(source: string): string[] {
  return Array.from(source.matchAll(IMPORT), ([, name = '']) => name);
}

test('what the Fetch API needs imports nothing of Node', () => {
  const graph = graphOf(ENTRY);
  const foreign = Array.from(graph.values())
    .flatMap(importsOf)
    .filter((name) => !name.startsWith('.'));
  expect(graph.size).toBeGreaterThan(10);
  expect(foreign).toEqual([]);
});
