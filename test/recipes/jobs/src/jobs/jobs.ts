import type { Transaction } from './work.ts';

export interface Reminder {
  readonly text: string;
}

/** What it writes is there once, however often it is begun: its end is in the same transaction. */
export async function remind(data: object, db: Transaction): Promise<void> {
  const { text } = data as Reminder;
  await db.executeSql('insert into note (text) values ($1)', [`Remember: ${text}`]);
}

export async function summary(_data: object, db: Transaction): Promise<void> {
  await db.executeSql("insert into note (text) select 'Notes: ' || count(*) from note");
}
