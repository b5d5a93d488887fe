import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { contentType, openFile } from '../../src/files/representation.ts';
import { makeTree } from '../staticfiles/tree.ts';

const MEGABYTE = 1024 * 1024;

function largeFile(): string {
  return join(makeTree({ 'large.bin': 'x'.repeat(MEGABYTE) }), 'large.bin');
}

function isOpen(file: string): boolean {
  return readdirSync('/proc/self/fd').some((descriptor) => linkOf(descriptor) === file);
}

/** A descriptor may be closed between the listing and the look. */
function linkOf(descriptor: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return undefined;
  }
}

test('a range is read from its first to its last byte', async () => {
  const file = join(makeTree({ 'a.txt': '0123456789' }), 'a.txt');
  const pieces = await Array.fromAsync(openFile(file, { first: 2, last: 4 }));
  expect(Buffer.concat(pieces).toString()).toBe('234');
});

test('nothing is opened until it is asked for', () => {
  const file = largeFile();
  openFile(file, { first: 0, last: MEGABYTE - 1 });
  expect(isOpen(file)).toBe(false);
});

test('a reader that leaves closes the file', async () => {
  const file = largeFile();
  const pieces = openFile(file, { first: 0, last: MEGABYTE - 1 });
  await pieces.next();
  expect(isOpen(file)).toBe(true);
  await pieces.return(undefined);
  await vi.waitFor(() => expect(isOpen(file)).toBe(false));
});

test.for<[string, string]>([
  ['app.css', 'text/css; charset=utf-8'],
  ['css/APP.CSS', 'text/css; charset=utf-8'],
  ['app.js', 'text/javascript; charset=utf-8'],
  ['app.mjs', 'text/javascript; charset=utf-8'],
  ['logo.svg', 'image/svg+xml'],
  ['font.woff2', 'font/woff2'],
  ['site.webmanifest', 'application/manifest+json; charset=utf-8'],
  ['module.wasm', 'application/wasm'],
  ['css', 'application/octet-stream'],
  ['data.unknown', 'application/octet-stream'],
  ['', 'application/octet-stream'],
])('%s is %s', ([name, type]) => {
  expect(contentType(name)).toBe(type);
});
