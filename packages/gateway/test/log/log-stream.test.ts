import { execFileSync } from 'node:child_process';
import { constants, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LogStream } from '../../src/log/log-stream.ts';
import { temporaryFolder } from '../../../wsgi/test/temporary-folder.ts';

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
  expect(seen.filter((text) => text !== '' && !text.endsWith('\n'))).toEqual([]);
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

/** All that is there, nothing where it is empty. */
function readPipe(pipe: number): string {
  const room = Buffer.alloc(1024 * 1024);
  try {
    return room.toString('latin1', 0, readSync(pipe, room));
  } catch {
    return '';
  }
}
