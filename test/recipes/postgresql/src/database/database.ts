import { Kysely, PostgresDialect, sql, type Generated } from 'kysely';
import { Pool } from 'pg';
import { log, registerHealthCheck, type Lifespan } from '@wsgi/framework';
import { settings } from '@wsgi/framework/settings';

/** The tables, as the migrations leave them. */
export interface Tables {
  note: { id: Generated<number>; text: string; written_at: Generated<Date> };
}

/** Connects at the first query; each worker has a pool of its own. */
export const db: Kysely<Tables> = new Kysely<Tables>({
  dialect: new PostgresDialect({ pool: async () => openPool() }),
});

export const databaseLifespan: Lifespan = { shutdown: () => db.destroy() };

registerHealthCheck('database', () => sql`select 1`.execute(db));

function openPool(): Pool {
  const pool = new Pool({
    connectionString: databaseUrl(),
    max: settings.DATABASE_POOL_SIZE,
    // A request ends after 30 s: whoever waits is told before.
    connectionTimeoutMillis: 5000,
    statement_timeout: 20_000,
    idle_in_transaction_session_timeout: 30_000,
  });
  // A connection that breaks while nobody uses it; without a listener it would end the process.
  pool.on('error', (error) => log.warn({ err: error }, 'an idle connection broke'));
  return pool;
}

/** With the password, which may be a secret's file. */
export function databaseUrl(): string {
  const url = new URL(settings.DATABASE_URL);
  if (settings.DATABASE_PASSWORD) url.password = encodeURIComponent(settings.DATABASE_PASSWORD);
  return url.href;
}
