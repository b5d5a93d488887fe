import { join } from 'node:path';
import { expect, test } from 'vitest';
import { summary } from '../../src/commands/collectstatic.ts';
import { makeTree } from '../staticfiles/tree.ts';
import { manage } from './manage-process.ts';

test.for([
  [
    { copied: 5, unmodified: 0, postProcessed: 5, removed: 0 },
    "5 static files copied to 'out', 5 post-processed.",
  ],
  [
    { copied: 1, unmodified: 0, postProcessed: 1, removed: 0 },
    "1 static file copied to 'out', 1 post-processed.",
  ],
  [
    { copied: 0, unmodified: 5, postProcessed: 5, removed: 0 },
    "0 static files copied to 'out', 5 unmodified, 5 post-processed.",
  ],
  [
    { copied: 0, unmodified: 5, postProcessed: 5, removed: 3 },
    "0 static files copied to 'out', 5 unmodified, 5 post-processed, 3 stale removed.",
  ],
] as const)('%j is told as %s', ([collected, line]) => {
  expect(summary(collected, 'out')).toBe(line);
});

test('a folder that is not there is told', async () => {
  const folder = makeTree({
    'settings.mjs': `
      export const STATIC_URL = '/static/';
      export const STATICFILES_DIRS = ['/nowhere/at/all'];
      export const STATIC_ROOT = import.meta.dirname + '/staticfiles';`,
  });
  const { code, stderr } = await manage(['collectstatic'], {
    SETTINGS_MODULE: join(folder, 'settings.mjs'),
  });
  expect(stderr).toBe("STATICFILES_DIRS has '/nowhere/at/all': there is no such folder.\n");
  expect(code).toBe(0);
});
