import type { PgBoss } from 'pg-boss';
import { log } from '@wsgi/framework';
import { settings } from '@wsgi/framework/settings';
import { start } from './boss.ts';

/** The transaction that the job's end is part of. */
export interface Transaction {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

/** Does what a queue holds; what it throws has the job begun again. */
export type Job = (data: object, db: Transaction) => Promise<void>;

let boss: PgBoss | undefined;
const counts = { active: 0, done: 0, failed: 0 };

/** Does the jobs of these queues, also those that the clock begins. */
export async function startWork(jobs: Readonly<Record<string, Job>>): Promise<void> {
  boss = await start({ supervise: true, schedule: true });
  const options = {
    transactional: true,
    localConcurrency: 4,
    pollingIntervalSeconds: 0.5,
  } as const;
  for (const [queue, job] of Object.entries(jobs)) {
    await boss.work(queue, options, async ([taken], db) => {
      if (taken !== undefined) await count(queue, taken.id, job(taken.data as object, db));
    });
  }
  await boss.schedule('summary', settings.SUMMARY_CRON);
  log.info({ queues: Object.keys(jobs) }, 'waiting for jobs');
}

/** Those that run may end; what has not ended by then is begun again elsewhere. */
export async function stopWork(): Promise<void> {
  await boss?.stop({ graceful: true, timeout: 25_000 });
}

async function count(queue: string, id: string, work: Promise<void>): Promise<void> {
  counts.active += 1;
  try {
    await work;
    counts.done += 1;
  } catch (error) {
    counts.failed += 1;
    log.error({ err: error, queue, job: id }, 'a job failed');
    throw error;
  } finally {
    counts.active -= 1;
  }
}

/** For /metrics. */
export function jobMetrics() {
  return [
    metric('jobs_active', 'gauge', 'Jobs that run now.', counts.active),
    metric('jobs_done_total', 'counter', 'Jobs that were done.', counts.done),
    metric('jobs_failed_total', 'counter', 'Jobs that failed, each time.', counts.failed),
  ];
}

function metric(name: string, type: 'counter' | 'gauge', help: string, value: number) {
  return { name, type, help, values: [{ value, labels: {} }] };
}
