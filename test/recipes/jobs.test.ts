import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { Kitchen } from './kitchen.ts';

const { folder, environment } = inject('kitchen');
const kitchen = new Kitchen(folder, environment);

/** `LONG=1 npm run test:recipes -- jobs` goes on for longer. The clock ticks once a minute. */
const [JOBS, KILLS, RELEASES, TICKS] = process.env['LONG'] ? [1000, 20, 3, 1] : [160, 4, 1, 0];

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

test('the figures of the jobs stand beside those of the gateway', async () => {
  const figures = await Promise.all(['1', '2'].map(metrics));
  const done = figures.map((text) => Number(/^jobs_done_total (\d+)$/m.exec(text)?.[1]));
  expect(done[0] + done[1]).toBeGreaterThan(0);
  for (const text of figures) {
    expect(text).toMatch(/^jobs_active \d$/m);
    expect(text).toMatch(/^jobs_failed_total 0$/m);
    expect(text).toMatch(/^gateway_/m);
  }
});

function metrics(index: string): Promise<string> {
  const script =
    "fetch('http://127.0.0.1:8001/metrics').then(async (r) => console.log(await r.text()))";
  return kitchen.run(`docker compose exec -T --index ${index} work node -e "${script}"`);
}

test('of two that work, one alone does what the clock begins', { timeout: 200_000 }, async () => {
  expect((await kitchen.run('docker compose ps --quiet work')).match(/^\w+$/gm)).toHaveLength(2);
  const ticks = () => inDatabase("select count(*) from pgboss.job where name = 'summary'");
  await expect.poll(async () => Number(await ticks()), { timeout: 150_000 }).toBeGreaterThan(TICKS);
  const minutes = "date_trunc('minute', created_on)";
  const jobs = `select count(*), count(distinct ${minutes}) from pgboss.job where name = 'summary'`;
  const [begun, distinct] = (await inDatabase(jobs)).trim().split(/ +\| +/);
  expect(begun).toBe(distinct);
  await expect.poll(async () => (await texts('Notes: ')).length).toBe(Number(begun));
});

test('one that is told to stop ends what it does', async () => {
  const begun = Date.now();
  await kitchen.run('docker compose stop work');
  expect(Date.now() - begun).toBeLessThan(20_000);
  expect(await kitchen.run(`docker compose ps --all --format '{{.ExitCode}}' work`)).toMatch(
    /^(0\n)+$/,
  );
});

test('a job that computes on and on is told with its line, and its process replaced', async () => {
  const body = new URLSearchParams({ text: 'buy salt' });
  await kitchen.run('docker compose up --detach --wait trouble');
  try {
    expect((await kitchen.ask('/reminders/', { method: 'POST', body })).status).toBe(202);
    await expect
      .poll(troubles, { timeout: 40_000 })
      .toMatch(/is ready[^]*died: SIGKILL[^]*is ready/);
    expect(await troubles()).toMatch(
      /"worker 1 is blocked for over 5 s at .*remindForever.*src\/trouble\/gateway\.config\.ts:5:/,
    );
  } finally {
    await kitchen.run('docker compose rm --stop --force trouble');
  }
});

function troubles(): Promise<string> {
  return kitchen.run('docker compose logs --no-log-prefix trouble');
}

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
  // What the troubled process never ended.
  expect(await texts('Remember: buy salt')).toEqual(['Remember: buy salt']);
});

test('on Swarm they are one more service, with the limits of the application', async () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/recipes/jobs.md'), 'utf8');
  const [, lines = ''] = /^```yaml\n(work:\n {2}<<: \*app\n[^]*?)^```$/m.exec(page) ?? [];
  const work = lines.replaceAll(/^/gm, '  ').trimEnd();
  const file = join(folder, 'deploy/stack.yml');
  const stack = readFileSync(file, 'utf8').replace(/^ {2}app:$/m, '$& &app');
  writeFileSync(file, stack.replace(/^(?= {2}# Adds the static files)/m, `${work}\n`));
  // A port alone, as Swarm publishes at no address.
  const values = { APP_IMAGE: 'app:1', NGINX_IMAGE: 'nginx:1', HTTP_PORT: '8080' };
  const config = 'docker stack config --compose-file deploy/stack.yml';
  const text = await kitchen.run(
    `${config} | docker compose --file - config --format json`,
    values,
  );
  const { services } = JSON.parse(text) as { services: Record<'app' | 'work', object> };
  expect(services.work).toEqual({
    ...services.app,
    command: expect.arrayContaining(['myproject.wsgi']) as unknown,
  });
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
