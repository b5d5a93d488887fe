import type { WriteStream } from 'node:tty';

/** Control sequences that every terminal of today knows (xterm's, after ECMA-48). */
const OWN_SCREEN = '\x1b[?1049h\x1b[?25l';
const SCREEN_FROM_BEFORE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

/** Where the terminal does not tell its size, as for the first moment in a container. */
const STANDARD_ROWS = 24;
const STANDARD_COLUMNS = 80;

export interface Line {
  readonly text: string;
  readonly style?: keyof typeof STYLES;
}

const STYLES = { bold: '1', dim: '2', reverse: '7' } as const;

/** A terminal as a page that is drawn again and again; what it showed before comes back at the end. */
export class Screen {
  readonly #terminal: WriteStream;

  constructor(terminal: WriteStream) {
    this.#terminal = terminal;
  }

  get rows(): number {
    return this.#terminal.rows || STANDARD_ROWS;
  }

  open(): void {
    this.#terminal.write(OWN_SCREEN);
  }

  draw(lines: readonly Line[]): void {
    // Cleared first: after its last column a cursor still stands on it.
    const drawn = lines.slice(0, this.rows).map((line) => CLEAR_LINE + this.#format(line));
    this.#terminal.write(HOME + drawn.join('\r\n') + CLEAR_BELOW);
  }

  close(): void {
    this.#terminal.write(SCREEN_FROM_BEFORE);
  }

  #format({ text, style }: Line): string {
    const clipped = text.slice(0, this.#terminal.columns || STANDARD_COLUMNS);
    return style === undefined ? clipped : `\x1b[${STYLES[style]}m${clipped}\x1b[0m`;
  }
}
