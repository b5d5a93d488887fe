import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { contentType } from '../../packages/framework/src/files/representation.ts';
import { describeStaticConformance } from '../../packages/framework/test/staticfiles/conformance.ts';
import { temporaryFolder } from '../../packages/wsgi/test/temporary-folder.ts';
import { requestLine, sendRaw } from './raw-request.ts';
import { useStack } from './stack.ts';

const stack = useStack();

const STYLE_SHEET = join(import.meta.dirname, '../../src/myproject/static/welcome.css');

describeStaticConformance('nginx', readFileSync(STYLE_SHEET), () => Promise.resolve(stack.port));

test('the page links to hashed names, which are kept for good', async () => {
  const page = await (await fetch(stack.url)).text();
  const names = page.match(/\/static\/[^"]+/g) ?? [];
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) {
    const response = await fetch(new URL(name, stack.url));
    expect(response.headers.get('cache-control')).toContain('immutable');
  }
});

test('the location for X-Accel-Redirect cannot be asked for', async () => {
  const { status } = await sendRaw(stack.port, requestLine('GET', '/protected/file.txt'));
  expect(status).toBe(404);
});

test('nginx names the type of a file as the application does', async () => {
  const names = ['a.css', 'a.html', 'a.mjs', 'a.svg', 'a.txt', 'a.woff2'];
  const folder = temporaryFolder();
  chmodSync(folder, 0o755);
  for (const name of names) writeFileSync(join(folder, name), '');
  const volume = ['--volume', `${folder}:/srv/store/static:ro`];
  const front = (await stack.compose('run', '--detach', '--no-deps', ...volume, 'nginx')).trim();
  onTestFinished(async () => void (await stack.docker('rm', '--force', front)));

  const urls = names.map((name) => `http://localhost:8080/static/${name}`);
  const curl = ['curl', '--silent', '--retry', '9', '--retry-connrefused'];
  const write = ['--write-out', '%{content_type}\n'];
  const seen = await stack.docker('exec', front, ...curl, ...write, ...urls);
  expect(seen.trim().split('\n')).toEqual(names.map(contentType));
});
