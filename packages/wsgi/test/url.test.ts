import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { quote, unquote, withoutMapping } from '../src/url.ts';

test.for([
  ['/app/', '/app/'],
  ["/-._~!$&'()*+,;=:@", "/-._~!$&'()*+,;=:@"],
  ['/a b/caf\xc3\xa9', '/a%20b/caf%C3%A9'],
  ['/?#%', '/%3F%23%25'],
] as const)('the path %j is %s in a URL', ([path, quoted]) => {
  expect(quote(path)).toBe(quoted);
});

test.for([
  ['/plain', '/plain'],
  ['/a%2Fb', '/a/b'],
  ['/caf%c3%A9', '/caf\xc3\xa9'],
  ['/%', '/%'],
  ['/%zz%4', '/%zz%4'],
  ['/%2525', '/%25'],
  ['/+', '/+'],
  ['/%00', '/\0'],
] as const)('%s is decoded once', ([path, decoded]) => {
  expect(unquote(path)).toBe(decoded);
});

test.for([
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:192.0.2.1', '192.0.2.1'],
  ['::ffff:c000:201', '192.0.2.1'],
  ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
  ['0000:0000:0000:0000:0000:ffff:c000:0201', '192.0.2.1'],
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8::1', '2001:db8::1'],
  ['2001:db8::ffff:c000:201', '2001:db8::ffff:c000:201'],
  ['::ffff:0:192.0.2.1', '::ffff:0:192.0.2.1'],
  ['::ffff:192.0.2.256', '::ffff:192.0.2.256'],
  ['unknown', 'unknown'],
  ['', ''],
] as const)('the address %s is %s to an application', ([address, plain]) => {
  expect(withoutMapping(address)).toBe(plain);
});

test('what is quoted is unquoted to the same bytes', () => {
  const bytes = fc.uint8Array().map((array) => Buffer.from(array).toString('latin1'));
  fc.assert(
    fc.property(bytes, (path) => {
      expect(unquote(quote(path))).toBe(path);
    }),
  );
});
