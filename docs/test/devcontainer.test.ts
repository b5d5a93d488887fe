import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { copyWorkingTree } from '../../packages/framework/test/commands/clone.ts';
import { freePort } from '../../packages/wsgi/test/free-port.ts';
import { useStack } from '../../test/e2e/stack.ts';

const ROOT = join(import.meta.dirname, '../..');
const CONFIGURATION = readFileSync(join(ROOT, '.devcontainer/devcontainer.json'), 'utf8');

interface DevContainer {
  readonly dockerComposeFile: readonly string[];
  readonly service: string;
  readonly workspaceFolder: string;
  readonly remoteUser: string;
}
// Comments are part of its format.
const container = JSON.parse(CONFIGURATION.replace(/^\s*\/\/.*$/gm, '')) as DevContainer;

const clone = mkdtempSync(join(tmpdir(), 'devcontainer-'));
const environment = { DEV_PORT: '', COMPOSE_PROJECT_NAME: `devcontainer-${process.pid}` };

/** As an editor runs it: with the files that it is told, which are relative to its own. */
async function compose(...words: string[]): Promise<string> {
  const files = container.dockerComposeFile.flatMap((file) => [
    '--file',
    join('.devcontainer', file),
  ]);
  const options = { cwd: clone, env: { ...process.env, ...environment } };
  const { stdout } = await promisify(execFile)('docker', ['compose', ...files, ...words], options);
  return stdout;
}

useStack(async () => {
  copyWorkingTree(clone);
  // Others than the owner may look into a clone.
  execFileSync('chmod', ['--recursive', 'a+rX', clone]);
  environment.DEV_PORT = String(await freePort());
  await compose('up', '--detach', '--build', container.service);
  return async () => {
    await compose('--profile', 'dev', 'down', '--volumes', '--rmi', 'local');
    rmSync(clone, { recursive: true });
  };
});

const WAIT = { timeout: 60_000, interval: 200 };
const page = (path: string): Promise<string> =>
  fetch(`http://127.0.0.1:${environment.DEV_PORT}${path}`).then(
    (response) => response.text(),
    String,
  );

test('the dev container serves this clone, and reloads what is edited in it', async () => {
  await expect.poll(() => page('/'), WAIT).toContain('<p class="mode">development</p>');
  const views = join(clone, 'src/myproject/views.ts');
  writeFileSync(views, readFileSync(views, 'utf8').replace('Item ${', 'Edited item ${'));
  await expect.poll(() => page('/items/7/'), WAIT).toContain('Edited item 7');
});

test('an editor that works in it is not root, and has what the image installed', async () => {
  const script = `cd ${container.workspaceFolder} && id -un && node_modules/.bin/tsc --version`;
  const text = await compose('exec', '--no-TTY', container.service, 'sh', '-c', script);
  expect(text).toMatch(new RegExp(`^${container.remoteUser}\nVersion `));
});
