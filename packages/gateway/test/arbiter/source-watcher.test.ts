import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { watchSources } from '../../src/arbiter/source-watcher.ts';
import { temporaryFolder } from '../../../wsgi/test/temporary-folder.ts';

test('what is beside the application’s module is watched, without its dependencies', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'node_modules'));
  writeFileSync(join(folder, 'app.ts'), '');
  const changes: string[] = [];
  const log = pino({ enabled: false });
  watchSources(join(folder, 'app.ts:app'), log, (file) => changes.push(file));
  const change = () => {
    // Of several changes at once the last one is named.
    writeFileSync(join(folder, 'views.ts'), '');
    writeFileSync(join(folder, 'node_modules', 'dependency.ts'), '');
    return changes;
  };
  // The files are written again until the watch is in place.
  await expect.poll(change, { timeout: 10_000, interval: 300 }).toContain('views.ts');
  expect(changes.filter((file) => file.includes('dependency'))).toEqual([]);
});
