import { Migrator } from 'kysely/migration';
import { type Command, CommandError, print } from '@wsgi/framework/commands';
import { db } from './database.ts';
import { MIGRATIONS } from './migrations.ts';

export const migrate: Command = {
  name: 'migrate',
  usage: '',
  summary: 'Brings the database to the newest migration; of two at once one waits for the other.',
  async run() {
    const names = await migrateToLatest();
    print(names.length === 0 ? 'Nothing to migrate.' : `Migrated: ${names.join(', ')}.`);
    return 0;
  },
};

/** All of them in one transaction, under an advisory lock: what fails leaves nothing behind. */
export async function migrateToLatest(): Promise<string[]> {
  const provider = { getMigrations: async () => ({ ...MIGRATIONS }) };
  const { error, results = [] } = await new Migrator({ db, provider }).migrateToLatest();
  if (error !== undefined) {
    const failed = results.find(({ status }) => status === 'Error')?.migrationName;
    throw new CommandError(`The migration ${failed ?? ''} failed: ${String(error)}`);
  }
  return results.map(({ migrationName }) => migrationName);
}
