import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RequestLimits } from '../../src/protocols/protocol.ts';
import {
  anyRequest,
  encodeChunked,
  encodeRequest,
  OWN_FIELDS,
  type SampleRequest,
} from './any-request.ts';
import { LIMITS, parseRequests, type ParsedRequest } from './parse-requests.ts';
import { splitsOf } from './splits.ts';

/** Every status that the parser may refuse with. */
const STATUSES = [400, 413, 414, 417, 431, 501];

/** The longest line of a chunked body, whatever the settings say, with a CR behind it. */
const CHUNKED_LINE_BYTES = 8191;

const anyBytes = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));

const anyStream = fc
  .array(anyRequest(), { minLength: 1, maxLength: 3 })
  .map((requests) => Buffer.concat(requests.map(encodeRequest)));

/** Requests in which a few bytes were changed. */
const anyDamagedStream = fc
  .tuple(anyStream, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 }))
  .map(([bytes, changes]) => {
    for (const [offset, value] of changes) bytes[offset % bytes.length] = value;
    return bytes;
  });

/** Words of requests in any order: nearer to what a parser believes than bytes by chance. */
const anyWords = fc
  .array(fc.oneof(anyWord(), fc.string({ unit: 'binary-ascii', maxLength: 3 })), { maxLength: 30 })
  .map((words) => Buffer.from(words.join(''), 'latin1'));

test('any split of the bytes gives the same parse', () => {
  const bytesAndSplit = fc
    .oneof(anyStream, anyDamagedStream, anyWords)
    .chain((bytes) => fc.tuple(fc.constant(bytes), splitsOf(bytes)));
  fc.assert(
    fc.property(bytesAndSplit, ([bytes, pieces]) => {
      expect(parseRequests(pieces, LIMITS)).toEqual(parseRequests([bytes], LIMITS));
    }),
    { numRuns: 3000 },
  );
});

test('what is encoded is parsed back', () => {
  fc.assert(
    fc.property(fc.array(anyRequest(), { maxLength: 3 }), (requests) => {
      const { requests: parsed, end } = parseRequests(
        [Buffer.concat(requests.map(encodeRequest))],
        LIMITS,
      );
      expect(end).toBe('idle');
      expect(parsed.map(meaningOf)).toEqual(requests.map(meaningOf));
    }),
    { numRuns: 2000 },
  );
});

test('path and query make up the target again', () => {
  fc.assert(
    fc.property(anyRequest(), (request) => {
      const [parsed] = parseRequests([encodeRequest(request)], LIMITS).requests;
      const mark = request.target.includes('?') ? '?' : '';
      expect(`${parsed?.path}${mark}${parsed?.query}`).toBe(request.target);
    }),
  );
});

test('any bytes are parsed, wait for more, or are refused with a status', () => {
  fc.assert(
    fc.property(fc.oneof(anyBytes, anyWords, anyDamagedStream), (bytes) => {
      const { end } = parseRequests([bytes], LIMITS);
      const status = typeof end === 'object' ? end.status : undefined;
      expect([undefined, ...STATUSES]).toContain(status);
    }),
    { numRuns: 5000 },
  );
});

test('a body decodes to the same bytes, however it is chunked', () => {
  const anyBody = fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(
      anyBody.chain((body) => fc.tuple(fc.constant(body), splitsOf(body))),
      fc.array(fc.constantFrom('', ';a', ' ; a="b;c"', ';a=b;c'), { minLength: 1 }),
      ([body, chunks], extensions) => {
        const head = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
        const bytes = Buffer.concat([Buffer.from(head), encodeChunked(chunks, extensions)]);
        const { requests, end } = parseRequests([bytes], LIMITS);
        expect(requests.map((request) => request.body)).toEqual([body.toString('latin1')]);
        expect(end).toBe('idle');
      },
    ),
    { numRuns: 1000 },
  );
});

test('bytes without an end keep at most one line in memory', () => {
  const limits: RequestLimits = { ...LIMITS, requestLineBytes: 100, fieldBytes: 200 };
  const chunked = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
  const anyStart: fc.Arbitrary<[start: string, bufferedBytesMax: number]> = fc.constantFrom(
    ['', 101],
    ['GET / HTTP/1.1\r\n', 201],
    ['GET / HTTP/1.1\r\nHost: a\r\nX: ', 201],
    [chunked, CHUNKED_LINE_BYTES],
    [`${chunked}5;`, CHUNKED_LINE_BYTES],
    [`${chunked}5\r\nhello`, CHUNKED_LINE_BYTES],
    [`${chunked}0\r\nX: `, CHUNKED_LINE_BYTES],
  );
  const anyFlood = fc.oneof(
    anyBytes.filter((bytes) => bytes.length > 0),
    fc
      .constantFrom('a', '0', ' ', '\r', 'X: y\r\n', '1;a\r\nx\r\n', '1 ;\r\n', '\r\n')
      .map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(anyStart, anyFlood, ([start, bufferedBytesMax], flood) => {
      const times = Math.ceil(40_000 / flood.length);
      const pieces = [Buffer.from(start), ...Array.from({ length: times }, () => flood)];
      const { end } = parseRequests(pieces, limits, (parser) => {
        expect(parser.bufferedBytes).toBeLessThanOrEqual(bufferedBytesMax);
      });
      expect(end).toHaveProperty('status');
    }),
    { numRuns: 100 },
  );
});

function anyWord(): fc.Arbitrary<string> {
  return fc.constantFrom(
    'GET',
    'POST',
    ' ',
    '/',
    '*',
    'http://a',
    '?',
    ' HTTP/1.1',
    ' HTTP/1.0',
    '\r\n',
    '\n',
    '\r',
    '\t',
    '\0',
    ':',
    ',',
    ';',
    '0',
    'f',
    'a'.repeat(5000),
    'Host: a\r\n',
    'Content-Length: 3\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Connection: close\r\n',
    'Expect: 100-continue\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\n',
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ',
    'chunked\r\n\r\n',
    '3\r\nabc\r\n',
    '0\r\n\r\n',
  );
}

/** What a request says, without how it says it: not the fields of the framing and the host. */
function meaningOf(request: SampleRequest | ParsedRequest): unknown {
  const { method, target, host, body } = request;
  const fields = request.fields.map(([name, value]) => [name.toLowerCase(), value]);
  return {
    method,
    target,
    host,
    fields: fields.filter(([name]) => !OWN_FIELDS.has(name ?? '')),
    body: body.toString('latin1'),
  };
}
