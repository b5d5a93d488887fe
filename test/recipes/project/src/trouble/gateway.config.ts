import type { GatewayConfig } from '@wsgi/gateway';
import { startWork } from '../jobs/work.ts';

async function remindForever(): Promise<void> {
  while (Math.random() >= 0);
}

/** As src/jobs/gateway.config.ts, with a job that computes on and on. */
export default {
  workers: 1,
  postWorkerInit: () => startWork({ remind: remindForever }),
} satisfies GatewayConfig;
