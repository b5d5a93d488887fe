import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { log } from '@wsgi/framework';
import { type Command } from '@wsgi/framework/commands';
import { settings } from '@wsgi/framework/settings';
import { start } from './boss.ts';

const WORKING = join(tmpdir(), 'working');

/** The transaction that the job's end is part of. */
interface Transaction {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

export const work: Command = {
  name: 'work',
  usage: '',
  summary: 'Does the jobs, also those that the clock begins, until it is told to stop.',
  async run() {
    const boss = await start({ supervise: true, schedule: true });
    const options = {
      transactional: true,
      localConcurrency: 4,
      pollingIntervalSeconds: 0.5,
    } as const;
    await boss.work('remind', options, async ([job], db) => remind(job?.data as Reminder, db));
    await boss.work('summary', options, async (_jobs, db) => summary(db));
    await boss.schedule('summary', settings.SUMMARY_CRON);
    log.info('waiting for jobs');
    // What the container's health check looks at: a job that computes on and on stops it.
    setInterval(() => writeFileSync(WORKING, ''), 5000).unref();
    writeFileSync(WORKING, '');
    await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
    // Those that run may end; what has not ended by then is begun again elsewhere.
    await boss.stop({ graceful: true, timeout: 30_000 });
    return 0;
  },
};

export interface Reminder {
  readonly text: string;
}

/** What it writes is there once, however often it is begun: its end is in the same transaction. */
async function remind({ text }: Reminder, db: Transaction): Promise<void> {
  await db.executeSql('insert into note (text) values ($1)', [`Remember: ${text}`]);
}

async function summary(db: Transaction): Promise<void> {
  await db.executeSql("insert into note (text) select 'Notes: ' || count(*) from note");
}
