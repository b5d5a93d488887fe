import { existsSync, watch } from 'node:fs';
import { dirname, relative } from 'node:path';
import { sourceRoot } from '@wsgi/wsgi/names';
import { moduleFileOf } from '../application.ts';
import type { Log } from '../log/log.ts';

const SOURCE_FILE = /\.(?:[cm]?[jt]s|json)$/;
/** Each folder in them would take a watch of the system's, of which there are not many. */
const IGNORED = ['node_modules', '.git'].flatMap((name) => [name, `**/${name}/**`]);
/** Editors write a file in several steps. */
const SETTLE_MS = 100;

/**
 * Calls back with the name of a source file that changed, under the source root or beside the
 * application's module. For development.
 */
export function watchSources(
  applicationName: string,
  log: Log,
  onChange: (file: string) => void,
): void {
  let timer: NodeJS.Timeout | undefined;
  for (const folder of foldersOf(applicationName)) {
    const watcher = watch(folder, { recursive: true, ignore: IGNORED }, (_, file) => {
      if (file === null || !SOURCE_FILE.test(file)) return;
      clearTimeout(timer);
      timer = setTimeout(() => onChange(file), SETTLE_MS);
    });
    watcher.on('error', (error) => {
      log.error({ err: error }, `cannot watch ${folder}: its changes are not seen`);
    });
  }
}

function foldersOf(applicationName: string): string[] {
  const roots = [sourceRoot()].filter((root) => existsSync(root));
  const file = moduleFileOf(applicationName);
  const isInside = (root: string): boolean => !relative(root, file ?? root).startsWith('..');
  return file === undefined || roots.some(isInside) ? roots : [...roots, dirname(file)];
}
