import { expect, test } from 'vitest';
import { parseCookies } from '../../src/framework/cookies.ts';

test.for<[string, [string, string][]]>([
  ['', []],
  ['a=1', [['a', '1']]],
  [
    'a=1; b=2',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  ['a=1; a=2', [['a', '1']]],
  ['a="quoted"', [['a', 'quoted']]],
  ['a=x=y', [['a', 'x=y']]],
  ['a=%C3%A9', [['a', 'é']]],
  ['a=100%', [['a', '100%']]],
  ['nothing; =x; b=2', [['b', '2']]],
  ['__proto__=x', [['__proto__', 'x']]],
])('%s', ([header, cookies]) => {
  expect([...parseCookies(header)]).toEqual(cookies);
});

test('a cookie named __proto__ pollutes nothing', () => {
  parseCookies('__proto__=x; constructor=y');
  expect(Object.prototype).not.toHaveProperty('x');
});
