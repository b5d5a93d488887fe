import { PgBoss } from 'pg-boss';
import { log, type Lifespan } from '@wsgi/framework';
import { databaseUrl } from '../database/database.ts';

/** Started when a job is sent for the first time, and stopped with the process. */
export function boss(): Promise<PgBoss> {
  started ??= start({ supervise: false, schedule: false }).catch((error: unknown) => {
    started = undefined;
    throw error;
  });
  return started;
}

export const jobsLifespan: Lifespan = {
  async shutdown() {
    await (await started)?.stop();
    started = undefined;
  },
};

let started: Promise<PgBoss> | undefined;

/** Makes its tables where they are missing, in a schema of their own. */
export async function start(
  options: Readonly<Record<'supervise' | 'schedule', boolean>>,
): Promise<PgBoss> {
  const instance = new PgBoss({
    connectionString: databaseUrl(),
    application_name: 'jobs',
    max: 5,
    monitorIntervalSeconds: 10,
    superviseIntervalSeconds: 10,
    ...options,
  });
  instance.on('error', (error) => log.error({ err: error }, 'the jobs fail'));
  await instance.start();
  // A process that was killed sends no more heartbeats: then its job is begun again, three times at most.
  const queue = { heartbeatSeconds: 10, expireInSeconds: 60, retryLimit: 3, retryDelay: 1 };
  await instance.createQueue('remind', queue);
  await instance.createQueue('summary', queue);
  return instance;
}
