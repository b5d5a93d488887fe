import { expect, test } from 'vitest';
import { shortenLine } from '../src/log-line.ts';

const LIMIT = 4096;
const HEAD = { level: 'error', time: '2026-12-01T00:00:00.000Z', logger: 'application', pid: 1 };

function shortened(fields: object): Record<string, unknown> {
  const line = shortenLine(`${JSON.stringify({ ...HEAD, ...fields })}\n`, LIMIT);
  expect(Buffer.byteLength(line)).toBeLessThanOrEqual(LIMIT);
  expect(line).toMatch(/^[^\n]*\n$/);
  return JSON.parse(line) as Record<string, unknown>;
}

test('a line that fits stays as it is', () => {
  const line = `${JSON.stringify({ ...HEAD, msg: 'x'.repeat(3900) })}\n`;
  expect(shortenLine(line, LIMIT)).toBe(line);
});

test.for<[what: string, text: string]>([
  ['letters', 'x'.repeat(100_000)],
  ['what takes three bytes', '\u20ac'.repeat(5000)],
  ['what is in two units', '\u{1f600}'.repeat(5000)],
  ['what is escaped', '\x1b\x9b"\\\n'.repeat(5000)],
])('a text of %s is cut, with a mark, and the rest of the line stays', ([, text]) => {
  const line = shortened({ msg: 'short', err: { message: 'short', stack: text } });
  expect(line).toMatchObject({ ...HEAD, msg: 'short', err: { message: 'short' } });
  const { stack } = line['err'] as { stack: string };
  const [, kept = '', missing] = /^([^]*)… \((\d+) more characters\)$/.exec(stack) ?? [];
  expect(kept.length + Number(missing)).toBe(text.length);
  expect(text.startsWith(kept.replace(/\ufffd$/, ''))).toBe(true);
});

test('most of the room is used', () => {
  const line = shortened({ err: { stack: `${' '.repeat(60)}\n`.repeat(100) } });
  expect(JSON.stringify(line).length).toBeGreaterThan(LIMIT * 0.85);
});

test('of a list that is too long the first ones stay', () => {
  const line = shortened({ requests: Array.from({ length: 1000 }, (_, id) => ({ id })) });
  expect(line['requests']).toEqual(Array.from({ length: 10 }, (_, id) => ({ id })));
});

test('of a line with too many fields those are kept by which it is found', () => {
  const line = shortened({
    request_id: 'id-1',
    ...Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`field${index}`, index])),
    msg: 'x'.repeat(10_000),
  });
  expect(line).toEqual({
    ...HEAD,
    request_id: 'id-1',
    msg: `${'x'.repeat(100)}… (9900 more characters)`,
    cut: 'its other fields are too many',
  });
});

test('what is no JSON becomes a line that is', () => {
  const line = shortenLine(`${'x'.repeat(5000)}\n`, LIMIT);
  expect(JSON.parse(line)).toEqual({ msg: expect.stringMatching(/^x+… \(\d+ more/) });
});
