import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { BodyInputStream, CollectedBytes } from '../src/input-stream.ts';
import type { Bytes } from '../src/types.ts';

/** A stream over these pieces, the later ones after a turn of the loop. */
function streamOf(...pieces: (string | Bytes)[]): BodyInputStream {
  const left = pieces.map((piece) => Buffer.from(piece));
  return new BodyInputStream(() => left.shift());
}

function text(bytes: Bytes): string {
  return Buffer.from(bytes).toString('latin1');
}

test('read() gives all that remain', async () => {
  const input = streamOf('one\n', '', 'two');
  expect(text(await input.read(2))).toBe('on');
  expect(text(await input.read())).toBe('e\ntwo');
  expect(text(await input.read())).toBe('');
});

test.for([-1, undefined])('read(%s) gives all', async (size) => {
  expect(text(await streamOf('one ', 'two').read(size))).toBe('one two');
});

test('read(0) asks for nothing', async () => {
  const input = new BodyInputStream(() => Promise.reject(new Error('asked')));
  expect((await input.read(0)).length).toBe(0);
  expect((await input.readline(0)).length).toBe(0);
});

test('read(size) waits for that many bytes', async () => {
  const input = streamOf('ab', 'cd', 'ef');
  expect(text(await input.read(5))).toBe('abcde');
  expect(text(await input.read(5))).toBe('f');
});

test('a size with a fraction is the whole number below it', async () => {
  expect(text(await streamOf('abcdef').read(2.7))).toBe('ab');
});

test('pieces of one byte come as they are', async () => {
  const seen: string[] = [];
  for await (const piece of streamOf('a', 'b')) seen.push(text(piece));
  expect(seen).toEqual(['a', 'b']);
});

test('nothing is asked for before it is wanted', async () => {
  let asked = 0;
  const input = new BodyInputStream(() => {
    asked++;
    return asked <= 3 ? Buffer.from('ab') : undefined;
  });
  expect(asked).toBe(0);
  await input.read(2);
  expect(asked).toBe(1);
});

test('a read that one piece answers does not copy', async () => {
  const piece = Buffer.from('line one\nrest');
  const input = streamOf(piece);
  const source = new BodyInputStream(() => piece);
  expect((await source.readline()).buffer).toBe(piece.buffer);
  expect((await source.read(4)).buffer).toBe(piece.buffer);
  expect(text(await input.readline())).toBe('line one\n');
});

test('readline() gives lines with their line feed, the last one without', async () => {
  const input = streamOf('a\n\nb', 'c\r\n', 'd');
  const lines = [];
  for (let line = await input.readline(); line.length > 0; line = await input.readline()) {
    lines.push(text(line));
  }
  expect(lines).toEqual(['a\n', '\n', 'bc\r\n', 'd']);
});

test('readline(size) gives a part of a long line', async () => {
  const input = streamOf('abc', 'def\ng');
  expect(text(await input.readline(4))).toBe('abcd');
  expect(text(await input.readline(3))).toBe('ef\n');
  expect(text(await input.readline(3))).toBe('g');
});

test.for([
  [undefined, ['a\n', 'b\n', 'c']],
  [0, ['a\n', 'b\n', 'c']],
  [1, ['a\n']],
  [2, ['a\n']],
  [3, ['a\n', 'b\n']],
] as const)('readlines(%s) stops after that many bytes', async ([hint, lines]) => {
  expect((await streamOf('a\nb', '\nc').readlines(hint)).map(text)).toEqual(lines);
});

test('iteration gives the pieces as they are, after what was read', async () => {
  const pieces = ['first\nrest', '', 'second', 'third'].map((piece) => Buffer.from(piece));
  const input = streamOf(...pieces);
  await input.readline();
  const seen = [];
  for await (const piece of input) seen.push(text(piece));
  expect(seen).toEqual(['rest', 'second', 'third']);
});

test('iteration may stop and go on', async () => {
  const input = streamOf('a', 'b', 'c');
  for await (const piece of input) {
    expect(text(piece)).toBe('a');
    break;
  }
  expect(text(await input.read())).toBe('bc');
});

test('an error comes through, and keeps coming', async () => {
  let asked = 0;
  const input = new BodyInputStream(() => {
    asked++;
    throw new Error('cut off');
  });
  await expect(input.read()).rejects.toThrow('cut off');
  await expect(input.readline()).rejects.toThrow('cut off');
  await expect(input[Symbol.asyncIterator]().next()).rejects.toThrow('cut off');
  expect(asked).toBe(1);
});

test('the end is asked for once', async () => {
  let asked = 0;
  const input = new BodyInputStream(() => {
    asked++;
    return undefined;
  });
  await input.read();
  await input.read();
  await input.readlines();
  expect(asked).toBe(1);
});

test('a second read at the same time is refused, and harms nothing', async () => {
  const input = streamOf('ab', 'cd');
  const first = input.read(3);
  await expect(input.readline()).rejects.toThrow('being read already');
  expect(text(await first)).toBe('abc');
  expect(text(await input.read())).toBe('d');
});

test('any split of the bytes reads the same', async () => {
  const splitBody = fc.array(fc.stringMatching(/^[ab\n]{0,5}$/));
  const readings = fc.array(
    fc.record({ isLine: fc.boolean(), size: fc.integer({ min: -1, max: 7 }) }),
  );
  await fc.assert(
    fc.asyncProperty(splitBody, readings, async (pieces, reads) => {
      const split = streamOf(...pieces);
      const whole = streamOf(pieces.join(''));
      for (const { isLine, size } of [...reads, { isLine: false, size: -1 }]) {
        const [one, other] = isLine
          ? [await split.readline(size), await whole.readline(size)]
          : [await split.read(size), await whole.read(size)];
        expect(text(one)).toBe(text(other));
      }
    }),
  );
});

test('lines joined are the body', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.stringMatching(/^[ab\n]{0,5}$/)), async (pieces) => {
      const lines = await streamOf(...pieces).readlines();
      expect(lines.map(text).join('')).toBe(pieces.join(''));
      expect(lines.slice(0, -1).every((line) => text(line).indexOf('\n') === line.length - 1)).toBe(
        true,
      );
    }),
  );
});

test('a line in many small pieces takes linear work', async () => {
  let scannedBytes = 0;
  let sent = 0;
  class CountingPiece extends Uint8Array {
    override indexOf(value: number): number {
      scannedBytes += this.length;
      return super.indexOf(value);
    }
  }
  const input = new BodyInputStream(() =>
    sent++ < 2000 ? new CountingPiece([97, 98]) : undefined,
  );
  expect(await input.readline()).toHaveLength(4000);
  expect(scannedBytes).toBe(4000);
});

test('pieces of all sizes come out in their order', () => {
  const piece = fc
    .integer({ min: 0, max: 2000 })
    .chain((size) => fc.uint8Array({ minLength: size, maxLength: size }));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const collected = new CollectedBytes();
      for (const one of pieces) collected.append(one);
      expect(Buffer.compare(collected.bytes(), Buffer.concat(pieces))).toBe(0);
    }),
    { numRuns: 50 },
  );
});

test('small pieces that fill more than one block come out whole', () => {
  const pieces = Array.from({ length: 30 }, (_, index) => Buffer.alloc(1000, index));
  const collected = new CollectedBytes();
  for (const piece of pieces) collected.append(piece);
  expect(Buffer.compare(collected.bytes(), Buffer.concat(pieces))).toBe(0);
});

test('what follows a look at the bytes comes behind them', () => {
  const collected = new CollectedBytes();
  for (let count = 0; count < 20; count++) collected.append(Buffer.from('a'));
  expect(String(collected.bytes())).toBe('a'.repeat(20));
  collected.append(Buffer.from('b'));
  expect(String(collected.bytes())).toBe(`${'a'.repeat(20)}b`);
});
