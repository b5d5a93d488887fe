import { expect, inject, test } from 'vitest';
import { Kitchen } from './kitchen.ts';

const { folder, environment } = inject('kitchen');
const kitchen = new Kitchen(folder, environment);

test('the migrations ran before the application, and a note is kept', async () => {
  const body = new URLSearchParams({ text: 'buy milk' });
  const created = await kitchen.ask('/notes/', { method: 'POST', body });
  expect([created.status, await created.json()]).toEqual([201, { id: expect.any(Number) }]);
  expect(await notes()).toContain('buy milk');
});

test('of two that migrate at once, one does and the other waits', async () => {
  await inDatabase('drop table note, kysely_migration, kysely_migration_lock cascade');
  const migrate = 'docker compose exec -T app node dist/manage.js migrate';
  const outputs = await Promise.all([kitchen.run(migrate), kitchen.run(migrate)]);
  expect(outputs.toSorted()).toEqual([
    'Migrated: 2026-01-05-note, 2026-01-12-note-written-at.\n',
    'Nothing to migrate.\n',
  ]);
});

test('what was backed up is there again after it was dropped', async () => {
  await inDatabase("insert into note (text) select 'note ' || n from generate_series(1, 1000) n");
  const before = await notes();
  await kitchen.run('deploy/dbbackup ../notes.dump');
  await inDatabase('delete from note where id > 10; alter table note drop column written_at');
  expect(await notes()).not.toEqual(before);
  await kitchen.run('deploy/dbrestore ../notes.dump');
  expect(await notes()).toEqual(before);
  await expect(
    kitchen.run('head -c 1000 ../notes.dump >../cut.dump; deploy/dbrestore ../cut.dump'),
  ).rejects.toThrow();
  expect(await notes()).toEqual(before);
});

test('a database that is away takes the workers out of rotation, and kills none', async () => {
  const ready = () => kitchen.run(probe('readyz'));
  expect(await ready()).toBe('200\n');
  const pids = await workers();
  await kitchen.run('docker compose stop --timeout 5 db');
  try {
    await expect.poll(ready).toBe('503\n');
    expect(await kitchen.run(probe('healthz'))).toBe('200\n');
  } finally {
    await kitchen.run('docker compose up --detach --wait db');
  }
  await expect.poll(ready).toBe('200\n');
  expect(await workers()).toEqual(pids);
});

test('the own tests have a database for each of their workers', { timeout: 120_000 }, async () => {
  await kitchen.run('docker compose up --detach --wait test-db');
  const port = environment['TEST_DATABASE_PORT'];
  const url = `postgres://app:development@127.0.0.1:${port}/app`;
  await kitchen.run('npx tsc -p test');
  const output = await kitchen.run('NO_COLOR=1 npx vitest run test/notes', { DATABASE_URL: url });
  expect(output).toMatch(/Tests +2 passed \(2\)/);
});

async function workers(): Promise<readonly number[]> {
  const stats = 'docker compose exec -T app node_modules/.bin/gateway stats --json';
  const { workers: all } = JSON.parse(await kitchen.run(stats)) as { workers: { pid: number }[] };
  return all.map(({ pid }) => pid);
}

/** Asks a worker itself, as what balances loads does. */
function probe(path: string): string {
  const script = `fetch('http://127.0.0.1:8000/${path}').then(({ status }) => console.log(status))`;
  return `docker compose exec -T app node -e "${script}"`;
}

async function notes(): Promise<string> {
  return kitchen.ask('/notes/').then((response) => response.text());
}

function inDatabase(statements: string): Promise<string> {
  return kitchen.run(
    `docker compose exec -T db psql --username app --quiet --command "${statements}"`,
  );
}
