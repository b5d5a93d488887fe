import { expect, inject, test } from 'vitest';
import { Kitchen } from './kitchen.ts';

const { folder, environment } = inject('kitchen');
const kitchen = new Kitchen(folder, environment);

interface Note {
  readonly text: string;
  readonly written_at: string;
}

async function texts(beginning: string): Promise<string[]> {
  const notes = (await (await kitchen.ask('/notes/')).json()) as Note[];
  return notes.map(({ text }) => text).filter((text) => text.startsWith(beginning));
}

test('a job is there with the note that was written beside it, and is done', async () => {
  const body = new URLSearchParams({ text: 'buy bread' });
  expect((await kitchen.ask('/reminders/', { method: 'POST', body })).status).toBe(202);
  expect(await texts('buy bread')).toEqual(['buy bread']);
  await expect.poll(() => texts('Remember: buy bread')).toEqual(['Remember: buy bread']);
});

test('of two that work, one alone writes what the clock begins', { timeout: 120_000 }, async () => {
  await kitchen.run('docker compose up --detach --wait --scale work=2');
  const summaries = () => texts('Notes: ');
  await expect.poll(summaries, { timeout: 100_000 }).not.toEqual([]);
  const minutes = await kitchen.run(
    `docker compose exec -T db psql --username app --tuples-only --command "select count(*), count(distinct date_trunc('minute', written_at)) from note where text like 'Notes: %'"`,
  );
  const [all, distinct] = minutes.trim().split(/ +\| +/);
  expect(all).toBe(distinct);
});

test('one that is told to stop ends what it does', async () => {
  const begun = Date.now();
  await kitchen.run('docker compose stop work');
  expect(Date.now() - begun).toBeLessThan(20_000);
  expect(await kitchen.run(`docker compose ps --all --format '{{.ExitCode}}' work`)).toMatch(
    /^(0\n)+$/,
  );
});
