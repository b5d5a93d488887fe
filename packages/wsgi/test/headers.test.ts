import { expect, test } from 'vitest';
import { cgiName, checkStatus } from '../src/headers.ts';

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
  '200 \x7f',
  '200 \u0100',
])('%j is not a status', (status) => {
  expect(() => checkStatus(status)).toThrow(JSON.stringify(status));
});

test('a status that is not a string is refused', () => {
  expect(() => checkStatus(200 as unknown as string)).toThrow('status is not a string: 200');
});
