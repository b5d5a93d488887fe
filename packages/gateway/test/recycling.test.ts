import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { Config } from '../src/settings/catalogue.ts';
import { requestLimit } from '../src/worker/service.ts';
import { dutyToRetire } from '../src/worker/retirement.ts';
import { temporaryFolder } from '../../wsgi/test/temporary-folder.ts';
import { APPLICATIONS, GatewayProcess } from './gateway-process.ts';
import { get } from './get.ts';

test.for<[what: string, args: string[], reason: RegExp]>([
  ['so many requests', ['--max-requests', '3'], /it has served 3 requests/],
  ['so long', ['--max-worker-lifetime', '1'], /it is 1 s old/],
  ['too much memory', ['--max-worker-memory', '1'], /it takes \d+ MiB/],
])(
  'a worker is replaced after %s, by one that is ready before it goes',
  async ([, args, reason]) => {
    const gateway = await GatewayProcess.startOne('behaviours.ts', ...args);
    const { text: before } = await get(gateway);
    for (let n = 0; n < 5; n++) await get(gateway);
    await gateway.line(reason);
    await gateway.line(/worker 1 has exited/);
    const second = gateway.log.findIndex(({ msg }) => /worker 2 is ready/.test(msg));
    const exit = gateway.log.findIndex(({ msg }) => /worker 1 has exited/.test(msg));
    expect(second).toBeGreaterThan(0);
    expect(second).toBeLessThan(exit);
    expect((await get(gateway)).text).not.toBe(before);
  },
);

test('each worker gets a limit of its own, between max-requests and the jitter over it', () => {
  const config = { maxRequests: 10, maxRequestsJitter: 2 } as Config;
  const limits = new Set(Array.from({ length: 200 }, () => requestLimit(config)));
  expect([...limits].toSorted()).toEqual([10, 11, 12]);
  expect(requestLimit({ ...config, maxRequests: 0 })).toBe(Infinity);
});

test('where a new worker takes more than max-worker-memory replacements slow down, and the log says what it must be', async () => {
  const gateway = await GatewayProcess.start(
    'behaviours.ts',
    ...['--workers', '4', '--max-worker-memory', '20'],
  );
  const [due] = await gateway.lines(/is due to be replaced/, 4);
  expect(due).toMatchObject({
    level: 'warn',
    msg: expect.stringMatching(
      /: it takes (\d+) MiB of memory; max-worker-memory must be over \1, which a new worker takes$/,
    ),
  });
  await gateway.lines(/is ready/, 8);
  const ready = gateway.log.filter(({ msg }) => /is ready/.test(msg)).slice(4);
  // How long a worker took to start is no pause.
  const starts = ready.map(
    ({ time, msg }) => Date.parse(String(time)) - Number(/(\d+) ms\)/.exec(msg)?.[1]),
  );
  const pauses = starts.slice(1).map((start, index) => start - Number(starts[index]));
  expect(pauses[0]).toBeGreaterThan(200);
  expect(pauses[2]).toBeGreaterThan(1500);
});

test('of a max-worker-lifetime that is shorter than the start the log says what it must be', async () => {
  const file = join(temporaryFolder(), 'application.ts');
  const application = JSON.stringify(join(APPLICATIONS, 'behaviours.ts'));
  writeFileSync(
    file,
    `await new Promise((resolve) => setTimeout(resolve, 1000)); export { application } from ${application};`,
  );
  const gateway = await GatewayProcess.start(file, '--max-worker-lifetime', '0.5');
  expect(await gateway.line(/is due to be replaced/)).toMatchObject({
    level: 'warn',
    msg: expect.stringMatching(
      /: it is 0\.5 s old; max-worker-lifetime must be at least ([3-9]|\d\d), which starting 2 takes$/,
    ),
  });
});

test('a worker that came to its memory with time is replaced without a word about the setting', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const isDue = dutyToRetire({ maxWorkerMemory: 1, maxWorkerLifetime: 0, workers: 1 });
  expect(isDue()?.remedy).toMatch(/^max-worker-memory must be over \d/);
  vi.advanceTimersByTime(11_000);
  expect(isDue()).toEqual({
    reason: expect.stringMatching(/^it takes \d+ MiB of memory$/),
    remedy: undefined,
  });
  vi.useRealTimers();
});
