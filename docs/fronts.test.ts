import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const PAGE = readFileSync(join(import.meta.dirname, 'servers.md'), 'utf8');
const FOLDER = join(import.meta.dirname, '../test/e2e/fronts');
const WORKER = readFileSync(join(import.meta.dirname, '../test/runtimes/worker.mjs'), 'utf8');
const FILES = readdirSync(FOLDER).filter((name) => !/\.(?:ts|py)$/.test(name));

test.for(FILES)('docs/servers.md shows %s, which the tests run', (file) => {
  const text = readFileSync(join(FOLDER, file), 'utf8');
  expect(PAGE).toContain(`\n# ${file}\n${text}\`\`\`\n`);
});

test('docs/servers.md shows the worker that the tests run', () => {
  expect(PAGE).toContain(`\n// worker.mjs\n${WORKER}\`\`\`\n`);
});
