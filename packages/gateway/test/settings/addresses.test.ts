import { expect, test } from 'vitest';
import { Networks } from '../../src/settings/addresses.ts';

test.for<[entries: string[], address: string, isMember: boolean]>([
  [['10.0.0.0/8'], '10.255.0.1', true],
  [['10.0.0.0/8'], '11.0.0.1', false],
  [['192.0.2.1'], '192.0.2.1', true],
  [['192.0.2.1'], '192.0.2.2', false],
  [['2001:db8::/32'], '2001:db8::1', true],
  [['2001:db8::/32'], '2001:db9::1', false],
  [['0.0.0.0/0'], '192.0.2.1', true],
  [['*'], '192.0.2.1', true],
  // The peers of a unix socket have no address.
  [['*'], '', true],
  [['0.0.0.0/0', '::/0'], '', false],
  [[], '127.0.0.1', false],
])('of %j, %s is one: %s', ([entries, address, isMember]) => {
  expect(new Networks(entries).has(address)).toBe(isMember);
});
