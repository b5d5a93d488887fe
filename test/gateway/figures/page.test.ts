import { expect, test } from 'vitest';
import { pageOf } from '../../../src/gateway/figures/page.ts';
import type { Report, WorkerReport } from '../../../src/gateway/figures/report.ts';

const WORKER: WorkerReport = {
  number: 3,
  pid: 71,
  state: 'ready',
  ageSeconds: 754,
  requests: 1000,
  requestsInFlight: 2,
  connections: 9,
  memoryBytes: 75 * 1024 * 1024,
  recent: { requestsPerSecond: 99.4, busyRatio: 0.117, loopDelayMs: 35.2, p50Ms: 0.84, p99Ms: 12 },
};

const REPORT: Report = {
  version: '1.2.3',
  applicationName: 'myproject.wsgi',
  pid: 7,
  addresses: ['http://0.0.0.0:8000'],
  uptimeSeconds: 3 * 86_400,
  workersWanted: 2,
  workers: [{ ...WORKER, number: 4 }, WORKER],
  recent: { ...WORKER.recent, requestsPerSecond: 198.8 },
  total: {
    answers: { '1xx': 0, '2xx': 1_234_567, '3xx': 0, '4xx': 12, '5xx': 0 },
    sentBytes: 1,
    requestSeconds: { count: 0, sum: 0, buckets: [] },
  },
  restarts: { blocked: 1, died: 1, failed: 0, retired: 0, reload: 0 },
  lastRestart: { worker: 1, reason: 'died', detail: 'SIGKILL', secondsAgo: 61 },
};

test('a page tells of all workers, and then of each in the order of their numbers', () => {
  expect(pageOf(REPORT)).toEqual({
    summary: [
      'gateway 1.2.3: myproject.wsgi at http://0.0.0.0:8000',
      'pid 7, up 3 d',
      '',
      'workers   2 of 2 ready, 12 % busy, 150 MiB',
      'requests  199 a second, 4 open, on 18 connections',
      'latency   p50 0.8 ms, p99 12 ms, event loop delay 35 ms',
      'answers   2xx 1,234,567, 4xx 12',
      'replaced  2, the last 1 min ago: worker 1 died: SIGKILL',
    ],
    heading: 'WORKER     PID    STATE     AGE   BUSY  OPEN REQ/S    P50    P99  DELAY  MEMORY',
    rows: [
      '     3      71    ready  12 min   12 %     2    99 0.8 ms  12 ms  35 ms  75 MiB',
      '     4      71    ready  12 min   12 %     2    99 0.8 ms  12 ms  35 ms  75 MiB',
    ],
  });
});

test('a gateway that just started has no figures to tell', () => {
  const recent = {
    requestsPerSecond: 0,
    busyRatio: 0,
    loopDelayMs: 0,
    p50Ms: undefined,
    p99Ms: undefined,
  };
  const { summary } = pageOf({
    ...REPORT,
    workers: [],
    recent,
    lastRestart: undefined,
    total: { ...REPORT.total, answers: { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 } },
  });
  expect(summary.slice(3)).toEqual([
    'workers   0 of 2 ready, 0 % busy, -',
    'requests  0 a second, 0 open, on 0 connections',
    'latency   p50 -, p99 -, event loop delay 0.0 ms',
    'answers   none yet',
    'replaced  none',
  ]);
});

test('a busy worker with large figures still fits into 80 columns, its cells apart', () => {
  const recent = {
    requestsPerSecond: 30_000,
    busyRatio: 1,
    loopDelayMs: 30_000,
    p50Ms: 999.4,
    p99Ms: 60_000,
  };
  const large: WorkerReport = {
    number: 99_999,
    pid: 4_194_304,
    state: 'starting',
    ageSeconds: 59 * 60,
    requests: 1e9,
    requestsInFlight: 9999,
    connections: 10_000,
    memoryBytes: 999 * 1024 * 1024,
    recent,
  };
  const { heading, rows } = pageOf({ ...REPORT, workers: [large] });
  expect(heading.length).toBeLessThanOrEqual(80);
  expect(rows[0]?.length).toBe(heading.length);
  expect(rows[0]?.trim().split(/ +(?=\S+)/)).toEqual(
    '99999 4194304 starting 59 min 100 % 9999 30000 999 ms 60 s 30 s 999 MiB'.split(' '),
  );
});
