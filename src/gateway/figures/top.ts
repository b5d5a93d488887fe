import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type { ReadStream, WriteStream } from 'node:tty';
import { explain, UsageError } from '../errors.ts';
import { parseWords } from '../settings/command-line.ts';
import { askGateway, SOCKET_OPTION } from './control-client.ts';
import { pageOf, type Page } from './page.ts';
import { Screen, type Line } from './screen.ts';

const REFRESH_MS = 1000;
const CONTROL_C = '\x03';
const CONTROL_D = '\x04';
const QUIT_KEYS = ['q', 'Q', CONTROL_C, CONTROL_D];

/**
 * `gateway top [--socket PATH]`: the figures of a running gateway, live in the terminal, until q or Control-C.
 *
 * @throws {UsageError} where there is no terminal.
 */
export async function top(
  args: string[],
  { stdin, stdout }: { readonly stdin: ReadStream; readonly stdout: WriteStream },
): Promise<void> {
  const socketPath = parseWords({ args, options: SOCKET_OPTION }).values.socket;
  if (!stdin.isTTY || !stdout.isTTY) {
    throw new UsageError('top needs a terminal; gateway stats prints the figures once');
  }
  let page = pageOf(await askGateway(socketPath));
  const quit = untilQuit(stdin);
  const screen = new Screen(stdout);
  let trouble = '';
  screen.open();
  try {
    for (;;) {
      screen.draw(linesOf(page, trouble, screen.rows));
      await nextLook(stdout, quit);
      if (quit.aborted) return;
      ({ page, trouble } = await look(socketPath, page));
    }
  } finally {
    screen.close();
    stdin.setRawMode(false).pause();
  }
}

/** Where the gateway does not answer, what it told last stays on the screen. */
async function look(
  socketPath: string | undefined,
  last: Page,
): Promise<{ page: Page; trouble: string }> {
  try {
    return { page: pageOf(await askGateway(socketPath)), trouble: '' };
  } catch (error) {
    return { page: last, trouble: explain(error) };
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

/** After a second, or at once where the window has a new size or somebody quits. */
async function nextLook(stdout: WriteStream, quit: AbortSignal): Promise<void> {
  const over = new AbortController();
  const signal = AbortSignal.any([quit, over.signal]);
  try {
    await Promise.race([
      setTimeout(REFRESH_MS, undefined, { signal }),
      once(stdout, 'resize', { signal }),
    ]);
  } catch {
    // Quit.
  } finally {
    over.abort();
  }
}

function linesOf({ summary, heading, rows }: Page, trouble: string, height: number): Line[] {
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
    { text: 'q quits', style: 'dim' },
  ];
}

/** The lines above, beside the summary and the rows. */
const FURNITURE_LINES = 4;
