import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { writePidfile } from '../../../src/gateway/arbiter/pidfile.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const PIDFILE = join(import.meta.dirname, '../../../src/gateway/arbiter/pidfile.ts');

test('a pid file that is another gateway’s by the end is left', () => {
  const path = join(temporaryFolder(), 'pid');
  const remove = writePidfile(path);
  writeFileSync(path, '1\n');
  remove();
  expect(readFileSync(path, 'utf8')).toBe('1\n');
});

test('nobody else may write to a pid file, whatever the mask', () => {
  const path = join(temporaryFolder(), 'pid');
  const umask = process.umask(0);
  onTestFinished(() => void process.umask(umask));
  writePidfile(path);
  expect(statSync(path).mode & 0o777).toBe(0o644);
});

test('what a link leads to is left alone', () => {
  const folder = temporaryFolder();
  const [path, other] = [join(folder, 'pid'), join(folder, 'other')];
  writeFileSync(other, 'precious');
  symlinkSync(other, path);
  writePidfile(path);
  expect(readFileSync(other, 'utf8')).toBe('precious');
  expect(readFileSync(path, 'utf8')).toBe(`${process.pid}\n`);
});

test.for(['', 'nonsense', '999999999\n'])('a pid file with %j in it is nobody’s', (content) => {
  const path = join(temporaryFolder(), 'pid');
  writeFileSync(path, content);
  const remove = writePidfile(path);
  expect(readFileSync(path, 'utf8')).toBe(`${process.pid}\n`);
  remove();
  expect(existsSync(path)).toBe(false);
});

test('a process that may not be signalled is running too', async () => {
  const path = join(temporaryFolder(), 'pid');
  chmodSync(join(path, '..'), 0o755);
  writeFileSync(path, '1\n');
  const child = spawn(process.execPath, ['--input-type=module', '-e', scriptOfNobody(path)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  expect(await text(child.stdout)).toMatch(/belongs to process 1, which is running/);
});

/** Root may signal everyone. */
function scriptOfNobody(path: string): string {
  return `
    import { writePidfile } from ${JSON.stringify(PIDFILE)};
    if (process.getuid() === 0) process.setuid(65534);
    try { writePidfile(${JSON.stringify(path)}); } catch (error) { console.log(error.message); }
  `;
}
