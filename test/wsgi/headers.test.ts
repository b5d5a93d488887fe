import { expect, test } from 'vitest';
import { cgiName, checkHeaders, checkStatus } from '../../src/wsgi/headers.ts';
import type { HeaderList } from '../../src/wsgi/types.ts';

test.for<[string, string | undefined]>([
  ['Host', 'HTTP_HOST'],
  ['x-forwarded-for', 'HTTP_X_FORWARDED_FOR'],
  ['Content-Type', 'CONTENT_TYPE'],
  ['CONTENT-LENGTH', 'CONTENT_LENGTH'],
  ['X_Forwarded_For', undefined],
  ['Content_Length', undefined],
  ['__proto__', undefined],
])('the header %s is %s in environ', ([fieldName, key]) => {
  expect(cgiName(fieldName)).toBe(key);
});

test.for(['200 OK', '404 Not Found', '200 ', '999 Any reason', '299 Caf\xe9'])(
  "'%s' is a status",
  (status) => {
    expect(() => checkStatus(status)).not.toThrow();
  },
);

test.for([
  '',
  '200',
  '200OK',
  ' 200 OK',
  '20 OK',
  '2000 OK',
  '000 OK',
  '100 Continue',
  '101 Switching Protocols',
  '200 OK\r\nX-A: b',
  '200 OK\n',
  '200 tab\t',
  '200 \u0100',
])('%j is not a status', (status) => {
  expect(() => checkStatus(status)).toThrow(JSON.stringify(status));
});

test('a status that is not a string is refused', () => {
  expect(() => checkStatus(200 as unknown as string)).toThrow('status is not a string: 200');
});

test('good headers are left alone', () => {
  const headers: HeaderList = [
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['X-Empty', ''],
    ['X-Latin1', 'caf\xe9'],
    ["!#$%&'*+-.^_`|~09azAZ", 'any token'],
    ['Trailer-Park', 'only starts like a hop-by-hop header'],
  ];
  expect(() => checkHeaders(Object.freeze(headers) as HeaderList)).not.toThrow();
});

test.for<[title: string, headers: unknown, message: string]>([
  ['an object', { a: 'b' }, 'headers are not a list'],
  ['nothing', undefined, 'headers are not a list: undefined'],
  ['a list of strings', ['A: b'], 'must be a pair [name, value]: "A: b"'],
  ['a triple', [['a', 'b', 'c']], 'must be a pair [name, value]: a,b,c'],
  ['a number as the value', [['Age', 1]], "value of header 'Age' is not a string: 1"],
  ['a number as the name', [[1, 'b']], 'header name is not a string: 1'],
  ['an empty name', [['', 'b']], 'header name must be'],
  ['a name with a colon', [['A:', 'b']], 'hyphens: "A:"'],
  ['a name with a space', [['A b', 'c']], 'hyphens: "A b"'],
  ['a name with a line feed', [['A\n', 'c']], 'hyphens: "A\\n"'],
  ['a name beyond ASCII', [['\xc4', 'c']], 'hyphens: "\xc4"'],
  [
    'a line feed',
    [['A', 'b\nc']],
    `value of header 'A' must be latin1 without control characters: "b\\nc"`,
  ],
  ['a line feed at the end', [['A', 'b\n']], 'control characters'],
  ['a carriage return', [['A', '\r']], 'control characters'],
  ['a NUL', [['A', '\0']], 'control characters'],
  ['a tab', [['A', '\t']], 'control characters'],
  ['a DEL', [['A', '\x7f']], 'control characters'],
  ['a character beyond latin1', [['A', '\u20ac']], 'must be latin1'],
  [
    'a second header that is wrong',
    [
      ['A', 'b'],
      ['C', '\0'],
    ],
    "header 'C'",
  ],
])('%s is refused', ([, headers, message]) => {
  expect(() => checkHeaders(headers as HeaderList)).toThrow(message);
});

test('a name whose value was good before is looked at again', () => {
  checkHeaders([['X-Again', 'good']]);
  expect(() => checkHeaders([['X-Again', 'bad\n']])).toThrow("header 'X-Again'");
  expect(() => checkHeaders([['X-Again', undefined]] as unknown as HeaderList)).toThrow(
    "value of header 'X-Again' is not a string: undefined",
  );
});

test.for([
  'Connection',
  'keep-alive',
  'PROXY-AUTHENTICATE',
  'Proxy-Authorization',
  'TE',
  'Trailers',
  'Transfer-Encoding',
  'Upgrade',
])('the hop-by-hop header %s is refused', (name) => {
  expect(() => checkHeaders([[name, 'x']])).toThrow(`'${name}' is about the connection`);
});
