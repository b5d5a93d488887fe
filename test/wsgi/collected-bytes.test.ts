import { assert, array, integer, property, uint8Array } from 'fast-check';
import { expect, test } from 'vitest';
import { CollectedBytes } from '../../src/wsgi/collected-bytes.ts';

test('pieces of all sizes come out in their order', () => {
  const piece = integer({ min: 0, max: 2000 }).chain((size) =>
    uint8Array({ minLength: size, maxLength: size }),
  );
  assert(
    property(array(piece, { maxLength: 40 }), (pieces) => {
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
