import { getMigrations } from 'better-auth/db/migration';
import { type Command, print } from '@wsgi/framework/commands';
import { sql } from 'kysely';
import { db } from '../database/database.ts';
import { auth } from './auth.ts';

/** What Better Auth's tables lack, by its options; like `migrate`, before anything serves. */
export const migrateAccounts: Command = {
  name: 'migrateaccounts',
  usage: '',
  summary: 'Makes the tables of the accounts, and the columns that newer ones have.',
  async run() {
    await db.transaction().execute(async (transaction) => {
      await sql`select pg_advisory_xact_lock(hashtext('accounts'))`.execute(transaction);
      const { toBeCreated, runMigrations } = await getMigrations(auth().options);
      await runMigrations();
      print(`${toBeCreated.length} tables made.`);
    });
    return 0;
  },
};
