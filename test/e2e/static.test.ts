import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { contentType } from '../../packages/framework/src/files/representation.ts';
import { describeStaticConformance } from '../../packages/framework/test/staticfiles/conformance.ts';
import { temporaryFolder } from '../../packages/wsgi/test/temporary-folder.ts';
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

test("a client's own request for where X-Accel-Redirect leads is one for the application", async () => {
  const response = await fetch(new URL('/protected/file.txt', stack.url));
  expect(response.status).toBe(404);
  const id = String(response.headers.get('x-request-id'));
  expect(await stack.accessLine('app', id)).toMatchObject({ target: '/protected/file.txt' });
});

const TYPES = join(import.meta.dirname, '../../nginx/templates/http/types.conf.template');

test('nginx names the type of a file as the application does, and takes no date for a hash', async () => {
  const listed = readFileSync(TYPES, 'utf8').matchAll(/^ {4}[\w+.-]+\/[\w+.-]+ (.*);$/gm);
  const names = Array.from(listed, ([, extensions = '']) => extensions.split(' '))
    .flat()
    .concat('unheard-of')
    .map((extension) => `a.${extension}`);
  expect(names.length).toBeGreaterThan(100);
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

  const kept = ['report.202412312359.csv', 'report.20241231235a.csv'].map(async (name) => {
    writeFileSync(join(folder, name), '');
    return stack.docker('exec', front, ...curl, '--head', `http://localhost:8080/static/${name}`);
  });
  const [date, hash] = await Promise.all(kept);
  expect(date).toMatch(/^Cache-Control: no-cache\r$/m);
  expect(hash).toMatch(/^Cache-Control: public, max-age=31536000, immutable\r$/m);
});
