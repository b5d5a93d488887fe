import { expect, test } from 'vitest';
import type { ProjectMetric } from '../../src/hooks.ts';
import { ProjectLedger, readProjectMetrics } from '../../src/metrics/project-metrics.ts';
import { configFile } from '../config-file.ts';
import { exchange } from '../raw-client.ts';
import { get, observed, reportOf, type Observed } from './ask.ts';
import { parseMetrics } from './parse-metrics.ts';

const SOON = { timeout: 10_000 };
const PROM_CLIENT = import.meta.resolve('prom-client');

type Scraped = Observed & { readonly metricsUrl: string };

/** A gateway whose settings file has this as its hook. */
async function scraped(hook: string, ...args: string[]): Promise<Scraped> {
  const file = configFile(`
    import { register } from ${JSON.stringify(PROM_CLIENT)};
    export default { metrics: ${hook} };`);
  const words = ['-c', file, '--metrics-bind', '127.0.0.1:0', ...args];
  const gateway = await observed('shop.ts', ...words);
  const { msg } = await gateway.line(/^metrics at /);
  return Object.assign(gateway, { metricsUrl: msg.replace('metrics at ', '') });
}

const REGISTER = '() => register.getMetricsAsJSON()';

/** The samples of one metric, by their series. */
async function samples(
  { metricsUrl }: Scraped,
  name: string,
): Promise<Record<string, number> | undefined> {
  const families = parseMetrics(await (await fetch(metricsUrl)).text());
  const found = families.get(name)?.samples;
  return found && Object.fromEntries(found);
}

test("the project's counters and histograms are summed over the workers", async () => {
  const gateway = await scraped(REGISTER, '--workers', '2');
  await get(gateway, '/book', 5);
  await get(gateway, '/"', 2);
  await expect
    .poll(() => samples(gateway, 'shop_orders_total'), SOON)
    .toEqual({
      'shop_orders_total{kind="/book"}': 5,
      'shop_orders_total{kind="/\\""}': 2,
    });
  expect(await samples(gateway, 'shop_weight_kg')).toEqual({
    'shop_weight_kg_bucket{le="1"}': 0,
    'shop_weight_kg_bucket{le="10"}': 7,
    'shop_weight_kg_bucket{le="+Inf"}': 7,
    shop_weight_kg_sum: 35,
    shop_weight_kg_count: 7,
  });
});

test('sums stay over a reload and lose no request; gauges are of the workers that are there', async () => {
  const gateway = await scraped(REGISTER, '--workers', '1');
  // On connections that do not keep the worker: it ends at once, between two readings.
  const order = 'GET /book HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
  for (let n = 0; n < 3; n++) await exchange(gateway.port, order);
  gateway.signal('SIGHUP');
  await gateway.line(/worker 1 has exited/);
  const orders = { 'shop_orders_total{kind="/book"}': 3 };
  expect(await samples(gateway, 'shop_orders_total')).toEqual(orders);
  await expect.poll(() => samples(gateway, 'shop_carts'), SOON).toEqual({ shop_carts: 0 });
  await get(gateway, '/book');
  await expect.poll(() => samples(gateway, 'shop_carts'), SOON).toEqual({ shop_carts: 1 });
  expect(await samples(gateway, 'shop_orders_total')).toEqual({
    'shop_orders_total{kind="/book"}': 4,
  });
});

test.for<[what: string, hook: string, problem: RegExp]>([
  ['throws', '() => { throw new Error("planted") }', /planted/],
  ['gives no array', '() => undefined', /it gave undefined: expected an array/],
  ['gives what has no type', '() => [{ name: "a", help: "", values: [] }]', /a is a undefined/],
])('a hook that %s is logged once, and harms nothing', async ([, hook, problem]) => {
  const gateway = await scraped(hook, '--workers', '1');
  expect(await gateway.line(/the hook metrics failed/)).toMatchObject({
    err: { message: expect.stringMatching(problem) },
  });
  await get(gateway, '/book');
  const counted = () => reportOf(gateway).then(({ total }) => total.answers['2xx']);
  await expect.poll(counted, SOON).toBe(1);
  expect(await samples(gateway, 'gateway_busy_workers')).toEqual({ gateway_busy_workers: 0 });
  expect(gateway.log.filter(({ msg }) => /hook metrics/.test(msg))).toHaveLength(1);
});

test('a hook that never answers holds up neither the gateway nor its end', async () => {
  const gateway = await scraped('() => new Promise(() => {})', '--workers', '1');
  await get(gateway, '/book');
  const counted = () => reportOf(gateway).then(({ total }) => total.answers['2xx']);
  await expect.poll(counted, SOON).toBe(1);
  gateway.signal('SIGTERM');
  expect(await gateway.exited).toBe(0);
});

function metric(change: Partial<ProjectMetric>): ProjectMetric {
  return { name: 'shop_carts', help: '', type: 'gauge', values: [], ...change };
}

test.for<[what: string, metric: ProjectMetric, problem: RegExp]>([
  ['no name', metric({ name: '' }), /'' cannot be the name/],
  ['a name that would end it', metric({ name: 'a{b' }), /'a\{b' cannot be the name/],
  ["a name of the gateway's", metric({ name: 'gateway_info' }), /gateway's own/],
  ['a type of its own', metric({ type: 'meter' }), /is a meter: expected counter, gauge/],
  ['a label with a hyphen', metric({ values: [{ value: 1, labels: { 'a-b': 1 } }] }), /'a-b'/],
])('a metric with %s is refused', ([, given, problem]) => {
  expect(() => readProjectMetrics([given])).toThrow(problem);
});

test('what cannot be added up, and what is no number, is left out', () => {
  const [summary, omitted] = readProjectMetrics([
    metric({
      name: 'latency',
      type: 'summary',
      values: [
        { value: 3, labels: { quantile: 0.5 } },
        { value: 9, labels: {}, metricName: 'latency_sum' },
      ],
    }),
    metric({ aggregator: 'omit' }),
  ]);
  expect(summary?.samples).toEqual([['latency_sum', 9]]);
  expect(omitted).toBeUndefined();
  expect(
    readProjectMetrics([metric({ values: [{ value: NaN, labels: {} }] })])[0]?.samples,
  ).toEqual([]);
});

test.for([
  ['sum', 30],
  ['average', 10],
  ['min', 5],
  ['max', 15],
  ['first', 10],
] as const)('gauges of several workers become their %s where it is said', ([aggregator, value]) => {
  const ledger = new ProjectLedger<object>();
  const workers = [10, 5, 15].map((of) => {
    const worker = {};
    const values = [{ value: of, labels: {} }];
    ledger.book(worker, readProjectMetrics([metric({ aggregator, values })]));
    return worker;
  });
  expect(ledger.families(workers)[0]?.samples).toEqual([['shop_carts', value]]);
});

test('a registry that was reset goes on counting', () => {
  const ledger = new ProjectLedger<object>();
  const worker = {};
  for (const value of [4, 6, 1]) {
    const values = [{ value, labels: {} }];
    ledger.book(worker, readProjectMetrics([metric({ type: 'counter', values })]));
  }
  expect(ledger.families([worker])[0]?.samples).toEqual([['shop_carts', 7]]);
});
