import { expect, test } from 'vitest';
import type { Config } from '../src/settings/catalogue.ts';
import { requestLimit } from '../src/worker/service.ts';
import { GatewayProcess } from './gateway-process.ts';
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
