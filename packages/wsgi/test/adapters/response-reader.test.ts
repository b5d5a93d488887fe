import { expect, test } from 'vitest';
import { ResponseReader } from '../../src/adapters/response-reader.ts';

function read(parts: readonly string[]): { reader: ResponseReader; body: string } {
  const reader = new ResponseReader();
  for (const part of parts) reader.feed(Buffer.from(part, 'latin1'));
  return { reader, body: Buffer.concat(reader.pieces).toString('latin1') };
}

const PLAIN = 'HTTP/1.1 404 Caf\xe9\r\nX-A: b: c\r\nx-a: \r\n\r\nbody\r\n\r\n';
const CHUNKED =
  'HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n' +
  'a\r\n0123456789\r\n2\r\n\r\n\r\n0\r\nFade: 1\r\n\r\n';

test.for([
  [
    PLAIN,
    '404 Caf\xe9',
    [
      ['X-A', 'b: c'],
      ['x-a', ''],
    ],
    'body\r\n\r\n',
  ],
  [CHUNKED, '200 OK', [['Transfer-Encoding', 'chunked']], '0123456789\r\n'],
] as const)(
  'however the bytes come, they are the same response: %#',
  ([sent, status, headers, text]) => {
    for (let at = 0; at <= sent.length; at++) {
      const { reader, body } = read([sent.slice(0, at), sent.slice(at)]);
      expect(reader.head).toMatchObject({ status, headers });
      expect(body).toBe(text);
      expect(reader.mayEnd).toBe(true);
    }
    expect(read(sent.split('')).body).toBe(text);
  },
);

test('chunks without the last one are visibly cut', () => {
  expect(read([CHUNKED.slice(0, CHUNKED.indexOf('0\r\nFade'))]).reader.mayEnd).toBe(false);
  expect(read(['HTTP/1.1 200 OK\r\n']).reader.mayEnd).toBe(false);
});
