import { assert, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { decodeText, parseJson } from '../src/input.ts';
import { cpuTimeMs } from '../../wsgi/test/cpu-time.ts';

test.for<[bytes: string, text: string]>([
  ['/plain', '/plain'],
  ['/caf\xc3\xa9', '/café'],
  ['/\xf0\x9f\x9a\x80', '/🚀'],
  ['/bad\xff', '/bad%FF'],
  ['/half\xc3', '/half%C3'],
  ['/overlong\xc0\xaf', '/overlong%C0%AF'],
  ['/surrogate\xed\xa0\x80', '/surrogate%ED%A0%80'],
  ['/beyond\xf4\x90\x80\x80', '/beyond%F4%90%80%80'],
  ['/mixed\xff\xc3\xa9', '/mixed%FFé'],
])('%j is read as %j', ([bytes, text]) => {
  expect(decodeText(bytes)).toBe(text);
});

test('any text comes back from its UTF-8', () => {
  assert(
    property(string({ unit: 'binary' }), (text) => {
      expect(decodeText(Buffer.from(text, 'utf8').toString('latin1'))).toBe(text.toWellFormed());
    }),
  );
});

test('64 KB of invalid bytes are read in time', () => {
  let text = '';
  expect(cpuTimeMs(() => (text = decodeText('\xff'.repeat(65_536))))).toBeLessThan(1000);
  expect(text).toHaveLength(3 * 65_536);
});

test('JSON of 2.6 MB with the word __proto__ in it is read about as fast as any', () => {
  const text = `["__proto__"${',0'.repeat(1_300_000)}]`;
  const plainMs = cpuTimeMs(() => JSON.parse(text));
  expect(cpuTimeMs(() => parseJson(text))).toBeLessThan(4 * plainMs + 50);
});
