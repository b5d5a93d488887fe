import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { RequestParser } from '../../src/protocols/http1/request-parser.ts';
import { LIMITS, parseRequests, type Outcome } from './parse-requests.ts';
import { bytesOf, CORPUS, expand, limitsOf, type RequestCase } from './request-corpus.ts';
import { byteByByte, splitsOf } from './splits.ts';

const KEYS = new Set([
  'group',
  'name',
  'source',
  'bytes',
  'limits',
  'requests',
  'refusal',
  'isIncomplete',
]);

test.for(CORPUS)('$group: $name', (request) => {
  expectOutcome(parseWhole(request), request);
});

test.for(CORPUS)('$group, byte by byte: $name', (request) => {
  expect(parseRequests(byteByByte(bytesOf(request)), limitsOf(request))).toEqual(
    parseWhole(request),
  );
});

// fast-check prints the seed and the smallest split that fails.
test.for(CORPUS)('$group, in random pieces: $name', (request) => {
  const whole = parseWhole(request);
  fc.assert(
    fc.property(splitsOf(bytesOf(request)), (pieces) => {
      expect(parseRequests(pieces, limitsOf(request))).toEqual(whole);
    }),
    { numRuns: 20 },
  );
});

test('a piece of a body stays as it was when the bytes that were lent are overwritten', () => {
  const parser = new RequestParser(LIMITS);
  const lent = Buffer.from('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nfirst');
  parser.feed(lent);
  parser.readHead();
  const first = parser.readBody();
  parser.keepRest();
  lent.fill('!');
  parser.feed(Buffer.from('late'));
  expect([first, parser.readBody()].map(String)).toEqual(['first', 'late']);
});

test('the corpus has 150 cases and more, of both kinds, and each has a name of its own', () => {
  const names = CORPUS.map(({ group, name }) => `${group}: ${name}`);
  const refused = CORPUS.filter(({ refusal }) => refusal !== undefined);
  expect(new Set(names).size).toBe(names.length);
  expect(refused.length).toBeGreaterThanOrEqual(75);
  expect(CORPUS.length - refused.length).toBeGreaterThanOrEqual(75);
});

test.for(CORPUS)('$group is in the form of the corpus: $name', (request) => {
  expect(Object.keys(request).filter((key) => !KEYS.has(key))).toEqual([]);
  expect(request.source).toMatch(/^RFC \d+ §[\dA-C]+(\.\d+)*$/);
  expect(expand(request.bytes)).toMatch(/^[\0-\xff]*$/);
  expect(request.requests ?? request.refusal ?? request.isIncomplete).toBeDefined();
});

function parseWhole(request: RequestCase): Outcome {
  return parseRequests([bytesOf(request)], limitsOf(request));
}

function expectOutcome({ requests, end }: Outcome, expected: RequestCase): void {
  const complete = requests.filter(({ isComplete }) => isComplete);
  expect(complete).toMatchObject((expected.requests ?? []).map((each) => ({ body: '', ...each })));
  expect(end).toEqual(expected.refusal ?? (expected.isIncomplete === true ? 'incomplete' : 'idle'));
}
