import { watch, existsSync } from 'node:fs';
import { once } from 'node:events';
import { dirname } from 'node:path';
import type { Application } from '@wsgi/wsgi';

/** Starts only once the file that STARTS_WITH names is there. */
const file = process.env['STARTS_WITH'] ?? '';
const watcher = watch(dirname(file));
while (!existsSync(file)) await once(watcher, 'change');
watcher.close();

export const application: Application = (_environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return [Buffer.from(String(process.pid))];
};
