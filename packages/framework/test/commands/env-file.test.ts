import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { temporaryFolder } from '../../../wsgi/test/temporary-folder.ts';
import { Clone } from './clone.ts';

const clone = await Clone.of();
afterAll(() => clone.remove());

function write(folder: string, ...lines: string[]): void {
  writeFileSync(join(folder, '.env'), lines.join('\n'));
}

test('.env is that of the project, in whichever folder the process starts', async () => {
  const settings = join(clone.folder, 'src/myproject/settings.ts');
  write(clone.folder, `SETTINGS_MODULE=${settings}`, 'ALLOWED_HOSTS=ours.example');
  const elsewhere = temporaryFolder();
  write(elsewhere, 'ALLOWED_HOSTS=others.example', 'LOG_LEVEL=error');
  const manage = `node --conditions=source ${clone.folder}/src/manage.ts diffsettings`;
  const output = await clone.run(`cd ${elsewhere} && ${manage}`);
  expect(output).toContain("ALLOWED_HOSTS = [ 'ours.example' ]");
  expect(output).toContain("LOGGING = { level: 'info' }");
});

test('an empty SETTINGS_MODULE is an unset one', async () => {
  write(clone.folder, 'SETTINGS_MODULE=');
  expect(await clone.run('node --conditions=source src/manage.ts diffsettings')).toContain(
    "ROOT_URLCONF = 'myproject.urls'",
  );
});

test('without Compose the gateway, too, has what .env says', async () => {
  write(clone.folder, 'WEB_CONCURRENCY=7');
  const { scripts } = JSON.parse(readFileSync(join(clone.folder, 'package.json'), 'utf8')) as {
    scripts: { start: string };
  };
  const [, serve] = scripts.start.split(' && ');
  const output = await clone.run(`NODE_OPTIONS=--conditions=source ${serve} --print-config`);
  expect(output).toMatch(/^workers\W+7\b.*$/m);
});
