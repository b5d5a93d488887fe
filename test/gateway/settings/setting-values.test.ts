import { expect, test } from 'vitest';
import { networks, octal, user } from '../../../src/gateway/settings/setting-values.ts';

test('no networks at all are nobody', () => {
  expect(networks('')).toEqual([]);
  expect(() => networks('127.0.0.1,x')).toThrow('CIDR');
});

test.for<[value: string | number, id: number | undefined]>([
  ['root', 0],
  ['0', 0],
  [65_534, 65_534],
  ['', undefined],
])('a user may be named or numbered: %s', ([value, id]) => {
  expect(user(value)).toBe(id);
});

test.for(['-1', '1.5', '4294967295', 'ro', 'root:x'])('%s is no user', (value) => {
  expect(() => user(value)).toThrow('a user of /etc/passwd');
});

test.for<[text: string, bits: number]>([
  ['22', 0o22],
  ['0022', 0o22],
  ['0o777', 0o777],
])('file mode bits %s are octal', ([text, bits]) => {
  expect(octal(text)).toBe(bits);
});
