import { setTimeout } from 'node:timers/promises';
import type { ReadStream, WriteStream } from 'node:tty';
import { explain, UsageError } from '../errors.ts';
import { parseWords } from '../settings/command-line.ts';
import { askGateway, SOCKET_OPTION } from './control.ts';
import { OLDEST_HEADING, pageOf, type Page } from './stats.ts';

const REFRESH_MS = 1000;
const CONTROL_C = '\x03';
const CONTROL_D = '\x04';
const QUIT_KEYS = ['q', 'Q', CONTROL_C, CONTROL_D];

/** Control sequences that every terminal of today knows (xterm's, after ECMA-48). */
const OWN_SCREEN = '\x1b[?1049h\x1b[?25l';
const SCREEN_FROM_BEFORE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';
const STYLES = { bold: '1', dim: '2', reverse: '7' } as const;

/** Where the terminal does not tell its size, as for the first moment in a container. */
const STANDARD_ROWS = 24;
const STANDARD_COLUMNS = 80;

/**
 * `gateway top [--socket PATH]`: the metrics of a running gateway, live in the terminal, until q or Control-C.
 *
 * @throws {UsageError} where there is no terminal.
 */
export async function top(
  args: string[],
  { stdin, stdout }: { readonly stdin: ReadStream; readonly stdout: WriteStream },
): Promise<void> {
  const socketPath = parseWords({ args, options: SOCKET_OPTION }).values.socket;
  if (!stdin.isTTY || !stdout.isTTY) {
    throw new UsageError('top needs a terminal; gateway stats prints the metrics once');
  }
  let shown: Shown = { page: pageOf(await askGateway(socketPath)), trouble: '' };
  const quit = untilQuit(stdin);
  const redraw = (): void => draw(stdout, shown);
  stdout.write(OWN_SCREEN);
  stdout.on('resize', redraw);
  try {
    for (;;) {
      redraw();
      await setTimeout(REFRESH_MS, undefined, { signal: quit });
      shown = await askGateway(socketPath).then(
        (report) => ({ page: pageOf(report), trouble: '' }),
        // What the gateway told last stays on the screen.
        (error: unknown) => ({ ...shown, trouble: explain(error) }),
      );
    }
  } catch (error) {
    if (!quit.aborted) throw error;
  } finally {
    stdout.off('resize', redraw).write(SCREEN_FROM_BEFORE);
    stdin.setRawMode(false).pause();
  }
}

/** Aborts on a key, on a signal, and where the terminal goes away. */
function untilQuit(stdin: ReadStream): AbortSignal {
  const quit = new AbortController();
  const abort = (): void => quit.abort();
  stdin.setRawMode(true).setEncoding('latin1');
  stdin.on('data', (keys) => {
    if (QUIT_KEYS.some((key) => String(keys).includes(key))) abort();
  });
  stdin.on('end', abort).on('error', abort);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, abort);
  return quit.signal;
}

interface Shown {
  readonly page: Page;
  /** Why there is nothing newer, `''` where there is. */
  readonly trouble: string;
}

interface Line {
  readonly text: string;
  readonly style?: keyof typeof STYLES;
}

function draw(terminal: WriteStream, { page, trouble }: Shown): void {
  const rows = terminal.rows || STANDARD_ROWS;
  const columns = terminal.columns || STANDARD_COLUMNS;
  const drawn = linesOf(page, trouble, rows).map(({ text, style }) => {
    const clipped = text.slice(0, columns);
    const styled = style === undefined ? clipped : `\x1b[${STYLES[style]}m${clipped}\x1b[0m`;
    // Cleared first: after its last column a cursor still stands on it.
    return CLEAR_LINE + styled;
  });
  terminal.write(HOME + drawn.slice(0, rows).join('\r\n') + CLEAR_BELOW);
}

/** The lines of `linesOf`, beside the summary and the rows. */
const FURNITURE_LINES = 4;

function linesOf(page: Page, trouble: string, height: number): Line[] {
  const { summary, heading, rows, oldest } = page;
  const room = Math.max(1, height - summary.length - FURNITURE_LINES);
  const [title = '', process = '', ...rest] = summary;
  const hidden = rows.length - room;
  const above: Line[] = [
    { text: title, style: 'bold' },
    trouble === '' ? { text: process } : { text: trouble, style: 'reverse' },
    ...rest.map((text) => ({ text })),
  ];
  return [
    // In a low window the workers matter more.
    ...above.slice(0, Math.max(1, height - room - FURNITURE_LINES)),
    { text: '' },
    { text: heading, style: 'reverse' },
    ...rows.slice(0, room).map((text) => ({ text })),
    { text: hidden > 0 ? `and ${hidden} more` : '' },
    ...requestLines(oldest, room - rows.length),
    { text: 'q quits', style: 'dim' },
  ];
}

/** As many requests as the workers leave room for, below a heading. */
function requestLines(oldest: readonly string[], room: number): Line[] {
  if (oldest.length === 0 || room < 3) return [];
  return [
    { text: OLDEST_HEADING, style: 'reverse' },
    ...oldest.slice(0, room - 2).map((text) => ({ text })),
    { text: '' },
  ];
}
