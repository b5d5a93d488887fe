import type { GatewayConfig } from '@wsgi/gateway';
import { remind, summary } from './jobs.ts';
import { jobMetrics, startWork, stopWork } from './work.ts';

/** Of the processes that do the jobs: the gateway watches, drains and replaces them as it does the others. */
export default {
  workers: 1,
  postWorkerInit: () => startWork({ remind, summary }),
  workerExit: stopWork,
  metrics: jobMetrics,
} satisfies GatewayConfig;
