import { sql } from 'kysely';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { loadSettings, overrideSettings, settings } from '@wsgi/framework/settings';
import { db } from '../src/database/database.ts';
import { migrateToLatest } from '../src/database/migrate.ts';

/** Gives this file's tests a database that no other one uses meanwhile, empty before each of them. */
export function useDatabase(): void {
  beforeAll(async () => {
    await loadSettings();
    const name = `test_${process.env['VITEST_POOL_ID']}`;
    const url = new URL(settings.DATABASE_URL);
    await recreate(name, url);
    url.pathname = name;
    overrideSettings({ DATABASE_URL: url.href });
    await migrateToLatest();
  });
  beforeEach(() => sql`truncate table note restart identity cascade`.execute(db));
  afterAll(() => db.destroy());
}

async function recreate(name: string, url: URL): Promise<void> {
  const client = new Client(url.href);
  await client.connect();
  await client.query(`drop database if exists ${name} with (force)`);
  await client.query(`create database ${name}`);
  await client.end();
}
