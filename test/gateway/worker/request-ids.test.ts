import { expect, test } from 'vitest';
import { FIRST_NUMBER, requestIds } from '../../../src/gateway/worker/request-ids.ts';

test('an id has 32 hexadecimal digits, also behind the last number, and comes once', () => {
  const next = requestIds(FIRST_NUMBER + 1);
  const ids = Array.from({ length: 100 }, next);
  expect(ids).toEqual(ids.map(() => expect.stringMatching(/^[0-9a-f]{32}$/)));
  expect(new Set(ids).size).toBe(ids.length);
});

test('the ids of two workers differ in more than their numbers', () => {
  const [one, other] = [requestIds()(), requestIds()()];
  expect(one.slice(0, 24)).not.toBe(other.slice(0, 24));
});
