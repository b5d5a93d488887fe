import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { get, observed, reportOf, type Observed } from './ask.ts';

const CLI = join(import.meta.dirname, '../../src/cli.ts');
const OWN_SCREEN = '\x1b[?1049h';
const SCREEN_FROM_BEFORE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';

/** `gateway top` in a pseudo terminal of 80 columns, which script(1) makes. */
class Terminal {
  shown = '';
  readonly exited: Promise<number | null>;
  readonly #child;

  constructor({ socketPath }: Observed, rows = 24) {
    const top = `stty cols 80 rows ${rows}; '${process.execPath}' '${CLI}' top --socket '${socketPath}'`;
    this.#child = spawn('script', ['--quiet', '--return', '--command', top, '/dev/null']);
    this.#child.stdout.setEncoding('utf8').on('data', (text) => (this.shown += String(text)));
    this.exited = once(this.#child, 'close').then(([code]) => code as number | null);
    onTestFinished(() => void this.#child.kill('SIGKILL'));
  }

  press(keys: string): void {
    this.#child.stdin.write(keys);
  }

  /** The lines of the last page that was drawn whole, without styles. */
  page(): string[] {
    const last = this.shown.split(HOME).at(-2) ?? '';
    // oxlint-disable-next-line no-control-regex
    return last.split(/\r+\n/).map((line) => line.replaceAll(/\x1b\[[\d;?]*[A-Za-z]/g, ''));
  }
}

test('gateway top shows the metrics, and goes on showing them as they change', async () => {
  const gateway = await observed('behaviours.ts');
  const terminal = new Terminal(gateway);
  await expect.poll(() => terminal.page(), { timeout: 15_000 }).toContain('answers   none yet');
  await get(gateway, '/pid', 5);
  await expect.poll(() => terminal.page(), { timeout: 15_000 }).toContain('answers   2xx 5');
  const page = terminal.page();
  const { version, applicationName } = await reportOf(gateway);
  expect(page[0]).toContain(`gateway ${version}: ${applicationName}`.slice(0, 80));
  expect(page.find((line) => line.startsWith('WORKER'))).toMatch(/ BUSY .* P99 +DELAY +MEMORY$/);
  expect(page.filter((line) => /^ +\d+ +\d+ +ready/.test(line))).toHaveLength(2);
  expect(Math.max(...page.map((line) => line.length))).toBeLessThanOrEqual(80);
});

test('gateway top shows the oldest requests in flight', async () => {
  const gateway = await observed('behaviours.ts');
  const terminal = new Terminal(gateway);
  const client = new AbortController();
  const { signal } = client;
  const held = fetch(`http://127.0.0.1:${gateway.port}/hang/${'long'.repeat(50)}`, { signal });
  const line = () => terminal.page().find((text) => text.includes('GET /hang/long'));
  await expect.poll(line, { timeout: 15_000 }).toMatch(/^ +\d+ +\d+ s {2}[0-9a-f]{32} {2}GET/);
  expect(line()).toHaveLength(80);
  expect(terminal.page().slice(-1)).toEqual(['q quits']);
  client.abort();
  await expect(held).rejects.toThrow();
});

test('in a low window the workers stay, and how to quit', async () => {
  const terminal = new Terminal(await observed('behaviours.ts'), 8);
  await expect.poll(() => terminal.page(), { timeout: 15_000 }).toHaveLength(8);
  const page = terminal.page();
  expect(page.filter((line) => /^ +\d+ +\d+ +ready/.test(line))).toHaveLength(1);
  expect(page.slice(-2)).toEqual(['and 1 more', 'q quits']);
});

test.for<[name: string, key: string]>([
  ['q', 'q'],
  ['Control-C', '\x03'],
])('%s quits, with exit code 0 and the screen from before', async ([, key]) => {
  const terminal = new Terminal(await observed('behaviours.ts', '--workers', '1'));
  await expect.poll(() => terminal.shown, { timeout: 15_000 }).toContain(OWN_SCREEN);
  terminal.press(`x${key}`);
  expect(await terminal.exited).toBe(0);
  expect(terminal.shown.endsWith(SCREEN_FROM_BEFORE)).toBe(true);
});

test('where the gateway goes away the last metrics stay, and a line says so', async () => {
  const gateway = await observed('behaviours.ts', '--workers', '1');
  const terminal = new Terminal(gateway);
  await expect.poll(() => terminal.page(), { timeout: 15_000 }).toContain('answers   none yet');
  gateway.signal('SIGTERM');
  await gateway.exited;
  await expect
    .poll(() => terminal.page()[1], { timeout: 15_000 })
    .toMatch(/^No gateway answers at/);
  expect(terminal.page()).toContain('answers   none yet');
  terminal.press('q');
  expect(await terminal.exited).toBe(0);
});
