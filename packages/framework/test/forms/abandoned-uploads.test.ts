import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { clearAbandonedUploads, uploadPrefix } from '../../src/forms/abandoned-uploads.ts';
import { temporaryFolder } from '../../../wsgi/test/temporary-folder.ts';

const SOURCE = join(import.meta.dirname, '../../src');

/** A process that runs this code and then waits. */
async function start(code: string, folder: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '-'], {
    cwd: join(import.meta.dirname, '../project'),
    env: { ...process.env, TMPDIR: folder, SETTINGS_MODULE: 'sample.settings' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdin?.end(`${code}; console.log('ready'); setInterval(() => {}, 1000);`);
  await once(child.stdout ?? child, 'data');
  return child;
}

const UPLOAD = `
import { UploadFolder } from '${SOURCE}/forms/upload-folder.ts';
await new UploadFolder(process.env.TMPDIR, 0).add().append(Buffer.alloc(100));
`;
const APPLICATION = `
import { getWsgiApplication } from '${SOURCE}/index.ts';
await getWsgiApplication();
`;

test('the next start removes the uploads of a process that was killed, and no others', async () => {
  const folder = temporaryFolder();
  const [first, second] = [await start(UPLOAD, folder), await start(UPLOAD, folder)];
  mkdirSync(join(folder, 'upload-of-others'));
  first.kill('SIGKILL');
  await once(first, 'exit');
  await start(APPLICATION, folder);
  expect(readdirSync(folder)).toEqual([
    expect.stringContaining(`-${second.pid}-`),
    'upload-of-others',
  ]);
});

test('an id that was given out again does not keep the folder of its former owner', async () => {
  const folder = temporaryFolder();
  const own = uploadPrefix();
  mkdirSync(join(folder, `${own}abcdef`));
  mkdirSync(join(folder, `${own.replace(/\d+-$/, '1-')}abcdef`));
  await clearAbandonedUploads(folder);
  expect(readdirSync(folder)).toEqual([`${own}abcdef`]);
});

test('what comes from another machine stays for a day', async () => {
  const folder = temporaryFolder();
  const [recent, old] = ['upload-00000000-1-1-recent', 'upload-00000000-1-1-oldest'];
  for (const name of [recent, old]) mkdirSync(join(folder, name));
  utimesSync(join(folder, old), 0, 0);
  await clearAbandonedUploads(folder);
  expect(readdirSync(folder)).toEqual([recent]);
});

test('a folder that is missing is no reason not to start', async () => {
  await clearAbandonedUploads('/nowhere');
});
