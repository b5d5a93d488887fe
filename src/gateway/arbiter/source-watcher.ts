import { watch } from 'node:fs';
import { dirname, relative } from 'node:path';
import { resolveModuleName, SOURCE_ROOT } from '../../wsgi/dotted-name.ts';
import { applicationModule } from '../application.ts';
import type { Log } from '../log/log.ts';

const SOURCE_FILE = /\.(?:[cm]?[jt]s|json)$/;
/** Each folder in them would take a watch of the system's, of which there are not many. */
const IGNORED = ['node_modules', '.git'].flatMap((name) => [name, `**/${name}/**`]);
/** Editors write a file in several steps. */
const SETTLE_MS = 100;

/** What a watcher is for: the application by its name, and the log for what keeps it from watching. */
export interface Watched {
  readonly applicationName: string;
  readonly log: Log;
}

/**
 * Calls back with the name of a source file that changed, under the source root or beside the
 * application's module. For development.
 */
export class SourceWatcher {
  readonly #onChange: (file: string) => void;
  readonly #watched: Watched;
  #timer: NodeJS.Timeout | undefined;

  constructor(onChange: (file: string) => void, watched: Watched) {
    this.#onChange = onChange;
    this.#watched = watched;
  }

  start(): void {
    this.#watch(SOURCE_ROOT);
    const folder = folderOf(this.#watched.applicationName);
    if (folder !== undefined && !isInside(folder, SOURCE_ROOT)) this.#watch(folder);
  }

  #watch(folder: string): void {
    const watcher = watch(folder, { recursive: true, ignore: IGNORED }, (_, file) => {
      if (file === null || !SOURCE_FILE.test(file)) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#onChange(file), SETTLE_MS);
    });
    watcher.on('error', (error) => {
      this.#watched.log.error({ err: error }, `cannot watch ${folder}: its changes are not seen`);
    });
  }
}

/** Where no such module is there, the workers say so. */
function folderOf(applicationName: string): string | undefined {
  try {
    return dirname(resolveModuleName(applicationModule(applicationName)));
  } catch {
    return undefined;
  }
}

function isInside(folder: string, other: string): boolean {
  return !relative(other, folder).startsWith('..');
}
