import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { manage, PROJECT_ROOT, startManage } from './manage-process.ts';

const PATIENCE = { timeout: 20_000, interval: 50 };

/** A project of its own, whose files the test may change. */
function copyProject(): string {
  const root = mkdtempSync(join(tmpdir(), 'project-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  cpSync(join(PROJECT_ROOT, 'src'), join(root, 'src'), { recursive: true });
  cpSync(join(PROJECT_ROOT, 'package.json'), join(root, 'package.json'));
  symlinkSync(join(PROJECT_ROOT, 'node_modules'), join(root, 'node_modules'));
  return root;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Everything that the process has printed so far. */
function outputOf(child: ChildProcess): () => string {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  return () => output;
}

test('it serves, reloads on a change, survives broken code, and quits', async () => {
  const root = copyProject();
  const port = await freePort();
  const child = startManage(['runserver', `${port}`], {}, root);
  const output = outputOf(child);
  const exited = once(child, 'exit');
  const answers = (path: string, text: string) =>
    vi.waitFor(async () => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
      expect((await answer?.text()) ?? '', output()).toContain(text);
    }, PATIENCE);

  await answers('/', 'Development mode.');
  expect(output()).toMatch(/Watching .*src for changes/);
  expect(output()).toMatch(/System check identified no issues/);
  expect(output()).toMatch(/settings myproject\.settings, DEBUG on/);
  expect(output()).toContain(`http://127.0.0.1:${port}/`);
  expect(output()).toContain('Quit with Control-C.');

  const views = join(root, 'src/myproject/views.ts');
  const source = readFileSync(views, 'utf8');
  writeFileSync(views, source.replace('`Item ', '`Changed '));
  await answers('/items/7/', 'Changed 7');
  expect(output()).toContain('myproject/views.ts changed');

  writeFileSync(views, `${source}\nthis is no TypeScript`);
  await vi.waitFor(() => expect(output()).toMatch(/views\.ts:\d+/), PATIENCE);
  await answers('/items/7/', 'Changed 7');

  writeFileSync(views, source.replace('`Item ', '`Mended '));
  await answers('/items/7/', 'Mended 7');

  child.kill('SIGINT');
  expect(await exited).toEqual([0, null]);
}, 90_000);

test('without DEBUG and ALLOWED_HOSTS it is refused', async () => {
  const { code, stderr } = await manage(['runserver'], { DEBUG: 'false', ALLOWED_HOSTS: ',' });
  expect(code).toBe(1);
  expect(stderr).toBe('ALLOWED_HOSTS is empty: set it where DEBUG is off.\n');
});
