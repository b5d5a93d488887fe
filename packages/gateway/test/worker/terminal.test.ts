import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { CHILD_ENVIRONMENT } from '../../../wsgi/test/child-environment.ts';
import { APPLICATIONS } from '../gateway-process.ts';

const CLI = join(import.meta.dirname, '../../src/cli.ts');

/** A gateway in a pseudo terminal, which script(1) makes, with what it shows there. */
function inTerminal(...args: string[]): { shown: string } {
  const words = ['--bind', '127.0.0.1:0', '--workers', '1', '--control-socket', 'none', ...args];
  const command = ["'" + process.execPath + "'", `'${CLI}'`, ...words].join(' ');
  const child = spawn(
    'script',
    ['--quiet', '--command', `exec ${command} '${join(APPLICATIONS, 'environ.ts')}'`, '/dev/null'],
    { env: CHILD_ENVIRONMENT },
  );
  const terminal = { shown: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (terminal.shown += String(text)));
  onTestFinished(() => void child.kill('SIGTERM'));
  return terminal;
}

test('a terminal shows of each request its id, and of a health check nothing', async () => {
  const terminal = inTerminal();
  const url = () => /serving .* at (http:[\w./:]+)[^]* is ready/.exec(terminal.shown)?.[1];
  await expect.poll(url).toBeDefined();
  await fetch(new URL('/healthz', url()));
  const response = await fetch(new URL('/page', url()));
  const { 'gateway.request_id': id } = (await response.json()) as Record<string, string>;
  await expect
    .poll(() => terminal.shown)
    .toMatch(new RegExp(`200 GET /page \\d+(\\.\\d+)? ms ${id}`));
  expect(terminal.shown).not.toContain('GET /healthz');
});
