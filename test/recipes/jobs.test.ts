import { expect, inject, test } from 'vitest';
import { Kitchen } from './kitchen.ts';

const { folder, environment } = inject('kitchen');
const kitchen = new Kitchen(folder, environment);

interface Note {
  readonly text: string;
  readonly written_at: string;
}

async function texts(beginning: string): Promise<string[]> {
  const response = await kitchen.ask('/notes/', { headers: { Accept: 'application/json' } });
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  const notes = (await response.json()) as Note[];
  return notes.map(({ text }) => text).filter((text) => text.startsWith(beginning));
}

test('a job is there with the note that was written beside it, and is done', async () => {
  const body = new URLSearchParams({ text: 'buy bread' });
  expect((await kitchen.ask('/reminders/', { method: 'POST', body })).status).toBe(202);
  expect(await texts('buy bread')).toEqual(['buy bread']);
  await expect.poll(() => texts('Remember: buy bread')).toEqual(['Remember: buy bread']);
});

test('of two that work, one alone writes what the clock begins', { timeout: 120_000 }, async () => {
  const summaries = () => texts('Notes: ');
  await expect.poll(summaries, { timeout: 100_000 }).not.toEqual([]);
  const minutes = await inDatabase(
    "select count(*), count(distinct date_trunc('minute', written_at)) from note where text like 'Notes: %'",
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

/** `LONG=1 npm run test:recipes -- jobs` goes on for longer. */
const [JOBS, KILLS, RELEASES] = process.env['LONG'] ? [1000, 20, 3] : [300, 8, 1];

test('killed and released, it loses no job and does none twice', { timeout: 580_000 }, async () => {
  await kitchen.run('docker compose up --detach --wait --scale work=2');
  await kitchen.run(`docker compose exec -T app node -e "${SEND_JOBS}"`);
  for (let kill = 0; kill < KILLS; kill++) {
    // Whatever runs there, but for the init; Docker starts the container again.
    await kitchen.run(
      `docker compose exec -T --index ${(kill % 2) + 1} work sh -c 'kill -9 -1' || true`,
    );
    const before = await doneJobs();
    await expect.poll(doneJobs, { timeout: 60_000 }).toBeGreaterThan(Math.min(before, JOBS - 1));
    if (kill % Math.ceil(KILLS / RELEASES) === 0) await kitchen.run(RELEASE);
  }
  await expect.poll(doneJobs, { timeout: 200_000, interval: 1000 }).toBe(JOBS);
  const done = await texts('Remember: job ');
  expect(new Set(done).size).toBe(JOBS);
  const retried = await inDatabase(
    "select count(*) from pgboss.job where name = 'remind' and retry_count > 0",
  );
  console.log(`${retried.trim()} jobs were begun twice, each was done once.`);
});

const RELEASE = 'docker compose up --detach --wait --force-recreate --scale work=2 work';

/** To the application itself: nginx would find that one client asks too much. */
const SEND_JOBS = `
  for (let n = 0; n < ${JOBS}; n += 20) {
    await Promise.all(Array.from({ length: 20 }, async (_, i) => {
      const body = new URLSearchParams({ text: 'job ' + (n + i) });
      const { status } = await fetch('http://127.0.0.1:8000/reminders/', { method: 'POST', body });
      if (status !== 202) throw new Error('status ' + status);
    }));
  }`.replaceAll(/\s+/g, ' ');

async function doneJobs(): Promise<number> {
  return (await texts('Remember: job ')).length;
}

function inDatabase(query: string): Promise<string> {
  return kitchen.run(
    `docker compose exec -T db psql --username app --tuples-only --command "${query}"`,
  );
}
