import { setImmediate as endOfTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Outbox } from '../../../src/gateway/worker/outbox.ts';

/** What flushes, in the order in which it does. */
function holders() {
  const flushed: string[] = [];
  return { flushed, holder: (name: string) => ({ flush: () => flushed.push(name) }) };
}

test('what is added leaves at the end of the turn, in its order', async () => {
  const outbox = new Outbox();
  const { flushed, holder } = holders();
  outbox.add(holder('a'));
  outbox.add(holder('b'));
  await Promise.resolve();
  expect(flushed).toEqual([]);
  await endOfTurn();
  expect(flushed).toEqual(['a', 'b']);
});

test('64 leave at once, and later ones at the end of the turn', async () => {
  const outbox = new Outbox();
  const { flushed, holder } = holders();
  for (let count = 0; count < 63; count++) outbox.add(holder('early'));
  expect(flushed).toHaveLength(0);
  outbox.add(holder('the 64th'));
  expect(flushed).toHaveLength(64);
  outbox.add(holder('late'));
  await endOfTurn();
  expect(flushed.at(-1)).toBe('late');
});

test('what has waited a millisecond leaves before the next request is served', () => {
  const outbox = new Outbox();
  const { flushed, holder } = holders();
  const nowMs = performance.now();
  outbox.flushOverdue(nowMs + 60_000);
  outbox.add(holder('a'));
  outbox.flushOverdue(nowMs);
  expect(flushed).toEqual([]);
  outbox.flushOverdue(performance.now() + 1);
  expect(flushed).toEqual(['a']);
});

test('what is added while others leave is not lost', async () => {
  const outbox = new Outbox();
  const { flushed, holder } = holders();
  outbox.add({ flush: () => outbox.add(holder('added late')) });
  await endOfTurn();
  await endOfTurn();
  expect(flushed).toEqual(['added late']);
});
