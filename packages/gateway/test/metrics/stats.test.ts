import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatMs,
  formatRate,
  formatSeconds,
  formatShare,
  pageOf,
} from '../../src/metrics/stats.ts';
import type { Report, WorkerReport } from '../../src/metrics/report.ts';
import { temporaryFolder } from '../../../wsgi/test/temporary-folder.ts';
import { APPLICATIONS, GatewayProcess } from '../gateway-process.ts';
import { get, observed } from './ask.ts';

const GIBIBYTE = 1024 ** 3;

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
  oldestRequests: [
    { request_id: 'b'.repeat(32), method: 'GET', target: '/b?c=d', seconds: 61.2 },
    { request_id: 'young', method: 'GET', target: '/', seconds: 0.9 },
  ],
};

const REPORT: Report = {
  version: '1.2.3',
  applicationName: 'myproject.wsgi',
  pid: 7,
  addresses: ['http://0.0.0.0:8000'],
  uptimeSeconds: 3 * 86_400,
  workersWanted: 2,
  workers: [
    {
      ...WORKER,
      number: 4,
      oldestRequests: [
        { request_id: 'a', method: 'POST', target: '/a', seconds: 90, client_left: true },
        { request_id: 'c', method: 'GET', target: '/c', seconds: 2.5 },
      ],
    },
    WORKER,
  ],
  recent: { ...WORKER.recent, requestsPerSecond: 198.8 },
  total: {
    answers: { '1xx': 0, '2xx': 1_234_567, '3xx': 0, '4xx': 12, '5xx': 0 },
    sentBytes: 1,
    requestSeconds: { count: 0, sum: 0, buckets: [] },
  },
  restarts: { blocked: 1, died: 1, failed: 0, retired: 0, reload: 0 },
  lastRestart: { worker: 1, reason: 'died', detail: 'SIGKILL', secondsAgo: 61 },
  project: [],
};

async function run(
  args: string[],
  environment?: NodeJS.ProcessEnv,
): Promise<{ code: number | null; output: string; error: string }> {
  const command = new GatewayProcess(args, environment);
  const code = await command.exited;
  return { code, output: command.outputText, error: command.errorText };
}

async function start(environment: NodeJS.ProcessEnv): Promise<GatewayProcess> {
  const application = join(APPLICATIONS, 'behaviours.ts');
  const gateway = new GatewayProcess(['-b', '127.0.0.1:0', '-w', '1', application], environment);
  await gateway.line(/is ready/);
  return gateway;
}

test('gateway stats prints a table with the requests that were served', async () => {
  const gateway = await observed('behaviours.ts');
  await get(gateway, '/pid', 5);
  const stats = () => run(['stats', '--socket', gateway.socketPath]).then(({ output }) => output);
  await expect.poll(stats, { timeout: 15_000 }).toMatch(/^answers +2xx 5$/m);
  const output = await stats();
  expect(output).toMatch(/^gateway \d.*behaviours\.ts at http:\/\/127\.0\.0\.1:\d+$/m);
  expect(output).toMatch(/^workers +2 of 2 ready/m);
  expect(output).toMatch(/^WORKER +PID +STATE.*\n +1 +\d+ +ready .*\n +2 +\d+ +ready /m);
});

test('gateway stats lists the oldest requests in flight, those too whose client left', async () => {
  const gateway = await observed('behaviours.ts', '--workers', '1');
  const client = new AbortController();
  const { signal } = client;
  const held = fetch(`http://127.0.0.1:${gateway.port}/sleep/30000`, { signal });
  const stats = () => run(['stats', '--socket', gateway.socketPath]).then(({ output }) => output);
  await expect
    .poll(stats, { timeout: 15_000 })
    .toMatch(/^WORKER +AGE +REQUEST ID .*\n +1 +\d+ s +[0-9a-f]{32} +GET \/sleep\/30000$/m);
  client.abort();
  await expect(held).rejects.toThrow();
  await expect.poll(stats, { timeout: 15_000 }).toContain('(client left) GET /sleep/30000');
  expect(await stats()).toMatch(/, 0 open,/);
});

test('gateway stats --json prints the whole report', async () => {
  const gateway = await observed('behaviours.ts', '--workers', '1');
  const { output } = await run(['stats', '--json', '-s', gateway.socketPath]);
  expect(JSON.parse(output)).toMatchObject({ pid: gateway.child.pid, workersWanted: 1 });
});

test('gateway events prints what the log had of warnings and errors, and no other lines', async () => {
  const gateway = await observed('behaviours.ts', '--workers', '1');
  const events = async () => {
    const command = new GatewayProcess(['events', '--socket', gateway.socketPath]);
    expect(await command.exited).toBe(0);
    return command.log;
  };
  expect(await events()).toEqual([]);
  process.kill(gateway.workerPids[0] ?? 0, 'SIGKILL');
  const died = await gateway.line(/worker 1 died/);
  await gateway.line(/worker 2 is ready/);
  await get(gateway, '/pid', 20);
  const told = await events();
  expect(told).toContainEqual(died);
  expect(told).toEqual(gateway.log.filter(({ level }) => level !== 'info'));
});

test('the one gateway that runs is found; of two, one must be named', async () => {
  const environment = { TMPDIR: temporaryFolder() };
  const first = await start(environment);
  expect((await run(['stats'], environment)).output).toContain(`pid ${first.child.pid},`);
  const second = await start(environment);
  const { code, error } = await run(['stats'], environment);
  expect(code).toBe(1);
  expect(error).toContain('name one by --socket');
  for (const { child } of [first, second]) {
    expect(error).toContain(join(environment.TMPDIR, `gateway-${child.pid}.sock`));
  }
});

test.for(['stats', 'events', 'top'])('gateway %s --help prints the help', async (command) => {
  for (const flag of ['--help', '-h']) {
    expect(await run([command, flag])).toMatchObject({
      code: 0,
      output: expect.stringContaining(`gateway ${command} [--socket PATH]`),
    });
  }
});

test('where TMPDIR is not there, no gateway is found in it', async () => {
  const { code, error } = await run(['stats'], { TMPDIR: '/nowhere' });
  expect(code).toBe(1);
  expect(error).toMatch(/No gateway answers at \/nowhere\/gateway-\*\.sock/);
});

test.for<[what: string, args: string[], code: number, error: RegExp]>([
  ['no gateway runs', ['stats'], 1, /No gateway answers at .*gateway-\*\.sock\. Is one running/],
  [
    'nobody is there',
    ['stats', '--socket', '/nowhere'],
    1,
    /No gateway answers at \/nowhere: .*ENOENT/,
  ],
  ['an option is unknown', ['stats', '--verbose'], 2, /--verbose[^]*gateway --help/],
  ['a word is too many', ['stats', 'now'], 2, /now/],
  ['there is no terminal for top', ['top'], 2, /needs a terminal/],
])('where %s, that is said', async ([, args, code, error]) => {
  const found = await run(args, { TMPDIR: temporaryFolder() });
  expect(found.code).toBe(code);
  expect(found.error).toMatch(error);
  expect(found.error).not.toMatch(/\n {4}at /);
});

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
    oldest: [
      `     4   1 min  ${'a'.padEnd(32)}  (client left) POST /a`,
      `     3   1 min  ${'b'.repeat(32)}  GET /b?c=d`,
      `     4     2 s  ${'c'.padEnd(32)}  GET /c`,
    ],
  });
});

test('a gateway that just started has no metrics to tell', () => {
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

test('a busy worker with large numbers still fits into 80 columns, its cells apart', () => {
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
    oldestRequests: [],
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

test.for([
  [formatSeconds, 59.9, '59 s'],
  [formatSeconds, 60, '1 min'],
  [formatSeconds, 3599, '59 min'],
  [formatSeconds, 3600, '1 h'],
  [formatSeconds, 86_399, '23 h'],
  [formatSeconds, 86_400, '1 d'],
  [formatMs, 0.44, '0.4 ms'],
  [formatMs, 9.96, '10 ms'],
  [formatMs, 999.4, '999 ms'],
  [formatMs, 999.5, '1.0 s'],
  [formatMs, 12_345, '12 s'],
  [formatBytes, 0, '-'],
  [formatBytes, 0.5 * GIBIBYTE, '512 MiB'],
  [formatBytes, 1000 * 1024 ** 2, '1.0 GiB'],
  [formatBytes, 12 * GIBIBYTE, '12 GiB'],
  [formatRate, 0, '0'],
  [formatRate, 9.94, '9.9'],
  [formatRate, 12_499.6, '12500'],
  [formatCount, 1_234_567, '1,234,567'],
  [formatShare, 0.125, '13 %'],
] as const)('%o writes %d as %s', ([format, quantity, text]) => {
  expect(format(quantity)).toBe(text);
});

test('a duration that nobody measured is a dash', () => {
  expect(formatMs(undefined)).toBe('-');
});
