import { watch } from 'node:fs';
import { SOURCE_ROOT } from '../../wsgi/dotted-name.ts';

const SOURCE_FILE = /\.(?:[cm]?[jt]s|json)$/;
/** Editors write a file in several steps. */
const SETTLE_MS = 100;

/** Calls back with the name of a source file that changed. For development. */
export class SourceWatcher {
  readonly #onChange: (file: string) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(onChange: (file: string) => void) {
    this.#onChange = onChange;
  }

  start(): void {
    watch(SOURCE_ROOT, { recursive: true }, (_, file) => {
      if (file === null || !SOURCE_FILE.test(file)) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#onChange(file), SETTLE_MS);
    });
  }
}
