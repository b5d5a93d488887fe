import { expect, test } from 'vitest';
import { listFields, withoutContentLength, writeFields } from '../src/response-fields.ts';
import type { HeaderList } from '../src/types.ts';

const REPEATS: HeaderList = [
  ['set-cookie', 'a=1'],
  ['X-Empty', ''],
  ['X-Colon', 'a: b'],
  ['Set-Cookie', 'b=\xe9'],
];

test('headers keep their order, their case and their repeats', () => {
  const fields = writeFields(REPEATS);
  expect(fields.lines).toBe(
    'set-cookie: a=1\r\nX-Empty: \r\nX-Colon: a: b\r\nSet-Cookie: b=\xe9\r\n',
  );
  expect(listFields(fields)).toEqual(REPEATS);
});

test('no headers are no lines', () => {
  const fields = writeFields([]);
  expect(fields).toEqual({
    lines: '',
    hasDate: false,
    hasServer: false,
    contentLength: Infinity,
  });
  expect(listFields(fields)).toEqual([]);
});

test('what the application changes afterwards does not count', () => {
  const headers: HeaderList = [['X-Name', 'before']];
  const { lines } = writeFields(headers);
  headers[0] = ['X-Name', 'after'];
  headers.push(['X-More', 'b']);
  expect(lines).toBe('X-Name: before\r\n');
});

test('the same name is written with the value that it has each time', () => {
  for (const value of ['one', 'two', 'one']) {
    expect(writeFields([['X-Changing', value]]).lines).toBe(`X-Changing: ${value}\r\n`);
  }
});

test.for([
  ['Date', 'date', 'DATE'],
  ['Server', 'server', 'SERVER'],
])('%s, %s and %s are known as what they are', (names) => {
  for (const name of names) {
    const { hasDate, hasServer } = writeFields([
      [name, 'a'],
      ['ETag', '"a"'],
      ['Expect', 'b'],
    ]);
    expect({ hasDate, hasServer }).toEqual({
      hasDate: names[0] === 'Date',
      hasServer: names[0] === 'Server',
    });
  }
});

test.for(['Content-Length', 'content-length'])('%s declares a length', (name) => {
  expect(writeFields([[name, '5']]).contentLength).toBe(5);
  expect(withoutContentLength([...REPEATS, [name, '5']])).toEqual(REPEATS);
});

test('good headers are written line by line', () => {
  const headers: HeaderList = [
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['X-Empty', ''],
    ['X-Latin1', 'caf\xe9'],
    ["!#$%&'*+-.^_`|~09azAZ", 'any token'],
    ['Trailer-Park', 'only starts like a hop-by-hop header'],
  ];
  expect(writeFields(Object.freeze(headers) as HeaderList).lines).toBe(
    'Content-Type: text/plain; charset=utf-8\r\nX-Empty: \r\nX-Latin1: caf\xe9\r\n' +
      "!#$%&'*+-.^_`|~09azAZ: any token\r\nTrailer-Park: only starts like a hop-by-hop header\r\n",
  );
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
  ['a length that is no number', [['Content-Length', '1e3']], "in digits: '1e3'"],
  ['a length that no number holds', [['Content-Length', '1234567890123456']], 'in digits'],
  [
    'a second length',
    [
      ['Content-Length', '5'],
      ['content-length', '5'],
    ],
    'Content-Length must be there once',
  ],
])('%s is refused', ([, headers, message]) => {
  expect(() => writeFields(headers as HeaderList)).toThrow(message);
});

test('a name whose value was good before is looked at again', () => {
  writeFields([['X-Again', 'good']]);
  expect(() => writeFields([['X-Again', 'bad\n']])).toThrow("header 'X-Again'");
  expect(() => writeFields([['X-Again', undefined]] as unknown as HeaderList)).toThrow(
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
  expect(() => writeFields([[name, 'x']])).toThrow(`'${name}' is about the connection`);
});
