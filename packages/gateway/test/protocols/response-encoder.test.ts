import { expect, test } from 'vitest';
import {
  CONTINUE,
  encodeResponseHead,
  HttpResponseEncoder,
  type ConnectionHeaders,
} from '../../src/protocols/http1/response-encoder.ts';
import { writeFields } from '@wsgi/wsgi/response-fields';
import type { HeaderList } from '@wsgi/wsgi';

function encode(status: string, headers: HeaderList, added: ConnectionHeaders): string {
  return encodeResponseHead(status, writeFields(headers), added);
}

const DATE = 'Tue, 15 Nov 1994 08:12:31 GMT';
const NOTHING: ConnectionHeaders = { framing: undefined, connection: undefined, date: DATE };
const TAIL = `Date: ${DATE}\r\nServer: gateway\r\n`;

test('a head is a status line, the headers, and an empty line', () => {
  const headers: HeaderList = [['Content-Type', 'text/plain']];
  expect(encode('200 OK', headers, NOTHING)).toBe(
    `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n${TAIL}\r\n`,
  );
});

test('a status without a reason phrase keeps its space', () => {
  expect(encode('299 ', [], NOTHING)).toBe(`HTTP/1.1 299 \r\n${TAIL}\r\n`);
});

test.for(['Date', 'date', 'DATE'])("the application's %s is left alone", (name) => {
  expect(encode('200 OK', [[name, 'then']], NOTHING)).toBe(
    `HTTP/1.1 200 OK\r\n${name}: then\r\nServer: gateway\r\n\r\n`,
  );
});

test.for(['Server', 'server', 'SERVER'])("the application's %s is left alone", (name) => {
  expect(encode('200 OK', [[name, 'mine']], NOTHING)).toBe(
    `HTTP/1.1 200 OK\r\n${name}: mine\r\nDate: ${DATE}\r\n\r\n`,
  );
});

test.for<[ConnectionHeaders['framing'], string]>([
  [5, 'Content-Length: 5\r\n'],
  [0, 'Content-Length: 0\r\n'],
  [2 ** 40, 'Content-Length: 1099511627776\r\n'],
  ['chunked', 'Transfer-Encoding: chunked\r\n'],
  [undefined, ''],
])('the framing %s is told', ([framing, line]) => {
  expect(encode('200 OK', [], { ...NOTHING, framing })).toBe(
    `HTTP/1.1 200 OK\r\n${TAIL}${line}\r\n`,
  );
});

test.for(['close', 'keep-alive'] as const)('the connection %s is told', (connection) => {
  expect(encode('200 OK', [], { ...NOTHING, connection, framing: 2 })).toBe(
    `HTTP/1.1 200 OK\r\n${TAIL}Content-Length: 2\r\nConnection: ${connection}\r\n\r\n`,
  );
});

test('obs-text goes out byte by byte in latin1', () => {
  const head = encode('200 \xc7a va', [['X-Name', 'caf\xc3\xa9 \xff']], NOTHING);
  expect(Buffer.from(head, 'latin1').toString('latin1')).toBe(head);
  expect(head).toContain('HTTP/1.1 200 \xc7a va\r\nX-Name: caf\xc3\xa9 \xff\r\n');
});

/** A body of unknown length, in these pieces, as text. */
function stream(protocol: 'HTTP/1.0' | 'HTTP/1.1', ...pieces: string[]): string {
  const response = new HttpResponseEncoder(protocol);
  response.begin('200 OK', writeFields([]), 'until-end', false, DATE);
  const parts = pieces.flatMap((piece) => response.encodePiece(Buffer.from(piece)));
  return parts.join('') + response.encodeEnd();
}

const CHUNKED_HEAD = `HTTP/1.1 200 OK\r\n${TAIL}Transfer-Encoding: chunked\r\n\r\n`;

test.for<[number, string]>([
  [1, '1\r\n'],
  [10, 'a\r\n'],
  [65_536, '10000\r\n'],
])('a chunk of %i bytes has its size in hexadecimal', ([bytes, line]) => {
  const piece = 'x'.repeat(bytes);
  expect(stream('HTTP/1.1', piece)).toBe(`${CHUNKED_HEAD}${line}${piece}\r\n0\r\n\r\n`);
});

test('the head goes once, with the first piece; without one with the last chunk', () => {
  expect(stream('HTTP/1.1', 'a', 'b')).toBe(`${CHUNKED_HEAD}1\r\na\r\n1\r\nb\r\n0\r\n\r\n`);
  expect(stream('HTTP/1.1')).toBe(`${CHUNKED_HEAD}0\r\n\r\n`);
});

test('the body for HTTP/1.0 ends with the connection', () => {
  expect(stream('HTTP/1.0', 'a', 'b')).toBe(
    `HTTP/1.1 200 OK\r\n${TAIL}Connection: close\r\n\r\nab`,
  );
});

test('100 Continue is a head alone', () => {
  expect(CONTINUE).toBe('HTTP/1.1 100 Continue\r\n\r\n');
});
