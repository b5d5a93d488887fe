import { expect, test } from 'vitest';
import { codeOf, forbidsBody, reasonPhraseOf, statusLine } from '../src/status.ts';

test.for<[code: number, reason: string]>([
  [404, 'Not Found'],
  [299, 'Unknown'],
])('%i is %s', ([code, reason]) => {
  expect(reasonPhraseOf(code)).toBe(reason);
  expect(statusLine(code)).toBe(`${code} ${reason}`);
});

test.for<[status: string, code: number]>([
  ['404 Not Found', 404],
  ['404 Nothing here', 404],
  ['299 Mine', 299],
])('the code of %s is %i', ([status, code]) => {
  expect(codeOf(status)).toBe(code);
});

test.for([100, 199, 204, 304])('a %i never has a body', (code) => {
  expect(forbidsBody(code)).toBe(true);
});

test.for([200, 205, 300, 404, 500])('a %i may have a body', (code) => {
  expect(forbidsBody(code)).toBe(false);
});
