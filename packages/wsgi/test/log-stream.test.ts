import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { LogStream } from '../src/log-stream.ts';
import { CHILD_ENVIRONMENT } from './child-environment.ts';
import { temporaryFolder } from './temporary-folder.ts';

const PAGE_BYTES = 32_768;

// A worker may be killed between the two: the log must not tell of what nobody got.
test.for<[when: string, lines: number]>([
  ['a page is full', PAGE_BYTES / 64],
  ['it is flushed', 1],
])('what lines tell of is done before they are written: %s', ([, lines]) => {
  const path = join(temporaryFolder(), 'log');
  const seen: string[] = [];
  const stream = new LogStream(openSync(path, 'a'), () => seen.push(readFileSync(path, 'utf8')));
  for (let count = 0; count < lines; count++) stream.write(`${'x'.repeat(63)}\n`);
  stream.write('the last line\n');
  if (lines === 1) stream.flush();
  expect(seen).toEqual(['']);
  expect(readFileSync(path, 'utf8')).not.toBe('');
  stream.flush();
});

test.for(['a', '\xe9', '\u20ac', '\u{1f600}'])('pages are whole lines, also of %s', (character) => {
  const path = join(temporaryFolder(), 'log');
  const seen: string[] = [];
  const stream = new LogStream(openSync(path, 'a'), () => seen.push(readFileSync(path, 'utf8')));
  const lines = Array.from({ length: 2000 }, (_, index) => `${character.repeat(index % 50)}\n`);
  for (const line of lines) stream.write(line);
  stream.flush();
  seen.push(readFileSync(path, 'utf8'));
  expect(seen.length).toBeGreaterThan(2);
  expect(seen.filter((page) => page !== '' && !page.endsWith('\n'))).toEqual([]);
  expect(seen.at(-1)).toBe(lines.join(''));
});

test('lines that wait for a slow reader come in their order, each as it was written', () => {
  const path = join(temporaryFolder(), 'pipe');
  execFileSync('mkfifo', [path]);
  const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const stream = new LogStream(pipe);
  const lines = Array.from({ length: 20_000 }, (_, index) => `line ${index}\n`);
  for (const line of lines) stream.write(line);
  stream.flush();
  let received = '';
  // More than the pipe holds: the rest is written when there is room again.
  for (let page = readPipe(pipe); page !== ''; page = readPipe(pipe)) {
    received += page;
    stream.flush();
  }
  expect(received).toBe(lines.join(''));
});

test('a line is as long as it is in a file, and in a pipe no longer than what cannot be torn', () => {
  const folder = temporaryFolder();
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  const pipe = openSync(join(folder, 'pipe'), constants.O_RDWR | constants.O_NONBLOCK);
  const line = `${JSON.stringify({ level: 'error', msg: 'x'.repeat(100_000) })}\n`;
  for (const fd of [pipe, openSync(join(folder, 'log'), 'a')]) {
    const stream = new LogStream(fd);
    stream.write(line);
    stream.write('{"msg":"the next"}\n');
    stream.flush();
  }
  expect(readFileSync(join(folder, 'log'), 'utf8')).toBe(`${line}{"msg":"the next"}\n`);
  const [shortened = '', next] = readPipe(pipe).split('\n');
  expect(shortened.length).toBeLessThan(4096);
  expect(JSON.parse(shortened)).toMatchObject({ msg: expect.stringMatching(/^x+.* \(\d+ more/) });
  expect(next).toBe('{"msg":"the next"}');
});

/** Writes more than a pipe holds, says so, and lives until it is told to end. */
const WRITER = `
  import { unbufferedStream } from '@wsgi/wsgi/log-stream';
  const stream = unbufferedStream(1);
  for (let count = 0; count < 100; count++) {
    const stack = ('    at ' + process.pid).repeat(1 + ((count * 37) % 700));
    stream.write(JSON.stringify({ pid: process.pid, count, err: { stack } }) + '\\n');
  }
  console.error('written');
  process.stdin.resume();
`;

test('no line is torn where several processes write to one pipe', async () => {
  const path = join(temporaryFolder(), 'pipe');
  execFileSync('mkfifo', [path]);
  const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const writers = Array.from({ length: 3 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', WRITER], {
      cwd: import.meta.dirname,
      env: CHILD_ENVIRONMENT,
      stdio: ['pipe', pipe, 'pipe'],
    }),
  );
  onTestFinished(() => writers.forEach((writer) => writer.kill('SIGKILL')));
  for (const { stderr } of writers) if (stderr !== null) await once(stderr, 'data');
  let received = '';
  while (received.split('\n').length <= 300) {
    received += readPipe(pipe);
    await setTimeout(5);
  }
  const parsed = received
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { pid: number });
  expect(Map.groupBy(parsed, ({ pid }) => pid).size).toBe(3);
  expect(parsed).toHaveLength(300);
});

test('the last lines of a process are written, though the pipe was full as it ended', async () => {
  const script = WRITER.replace(/process\.stdin.*/, 'process.exit();');
  const writer = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    env: CHILD_ENVIRONMENT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await once(writer.stderr, 'data');
  let received = '';
  for await (const piece of writer.stdout) received += String(piece);
  expect(received.split('\n').at(-2)).toContain('"count":99,');
});

/** All that is there, nothing where it is empty. */
function readPipe(pipe: number): string {
  const room = Buffer.alloc(1024 * 1024);
  try {
    return room.toString('latin1', 0, readSync(pipe, room));
  } catch {
    return '';
  }
}
