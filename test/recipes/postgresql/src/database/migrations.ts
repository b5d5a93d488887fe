import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** In the order of their names. One that has run somewhere stays as it is: another one follows. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '2026-01-05-note': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('note')
        .addColumn('id', 'integer', (column) => column.primaryKey().generatedAlwaysAsIdentity())
        .addColumn('text', 'text', (column) => column.notNull())
        .execute();
    },
  },
  '2026-01-12-note-written-at': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .alterTable('note')
        .addColumn('written_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
        .execute();
    },
  },
};
