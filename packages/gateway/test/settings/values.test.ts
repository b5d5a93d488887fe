import { expect, test } from 'vitest';
import { networks, octal } from '../../src/settings/values.ts';

test('no networks at all are nobody', () => {
  expect(networks('')).toEqual([]);
  expect(() => networks('127.0.0.1,x')).toThrow('CIDR');
});

test.for<[text: string, bits: number]>([
  ['22', 0o22],
  ['0022', 0o22],
  ['0o777', 0o777],
])('file mode bits %s are octal', ([text, bits]) => {
  expect(octal(text)).toBe(bits);
});
