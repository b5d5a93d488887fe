import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { prometheusText } from '../../src/metrics/prometheus.ts';
import { APPLICATIONS, GatewayProcess } from '../gateway-process.ts';
import { hold } from '../get.ts';
import { exchange } from '../raw-client.ts';
import { get, observed, reportOf, type Observed } from './ask.ts';
import { parseMetrics, type Family } from './parse-metrics.ts';

const SOON = { timeout: 10_000 };

type Scraped = Observed & { readonly metricsUrl: string };

async function scraped(...args: string[]): Promise<Scraped> {
  const gateway = await observed('behaviours.ts', '--metrics-bind', '127.0.0.1:0', ...args);
  const { msg } = await gateway.line(/^metrics at /);
  return Object.assign(gateway, { metricsUrl: msg.replace('metrics at ', '') });
}

async function scrape({ metricsUrl }: Scraped): Promise<ReadonlyMap<string, Family>> {
  const response = await fetch(metricsUrl);
  expect(response.headers.get('Content-Type')).toMatch(/^text\/plain; version=0\.0\.4/);
  return parseMetrics(await response.text());
}

/** The value of a sample, by its name with labels as they stand in the text. */
async function value(gateway: Scraped, sample: string): Promise<number | undefined> {
  const families = [...(await scrape(gateway)).values()];
  return families.find(({ samples }) => samples.has(sample))?.samples.get(sample);
}

test('what Prometheus finds is well formed, and named by its conventions', async () => {
  const gateway = await scraped();
  await get(gateway, '/pid', 3);
  const families = await scrape(gateway);
  expect([...families.keys()].toSorted()).toEqual([
    'gateway_busy_workers',
    'gateway_connections',
    'gateway_event_loop_busy_ratio',
    'gateway_event_loop_delay_seconds',
    'gateway_info',
    'gateway_request_duration_seconds',
    'gateway_requests_in_flight',
    'gateway_requests_total',
    'gateway_response_bytes_total',
    'gateway_uptime_seconds',
    'gateway_worker_restarts_total',
    'gateway_workers',
    'gateway_workers_memory_bytes',
    'gateway_workers_wanted',
  ]);
  for (const [name, { type }] of families) {
    expect([name, type === 'counter']).toEqual([name, name.endsWith('_total')]);
  }
});

test('requests are counted by class of status, and their durations as a histogram', async () => {
  const gateway = await scraped('--workers', '1');
  await get(gateway, '/pid', 5);
  await get(gateway, '/sleep/300');
  await exchange(gateway.port, 'nonsense\r\n\r\n');
  await expect.poll(() => value(gateway, 'gateway_requests_total{status="2xx"}'), SOON).toBe(6);
  expect(await value(gateway, 'gateway_requests_total{status="4xx"}')).toBe(1);
  const { samples = new Map<string, number>() } =
    (await scrape(gateway)).get('gateway_request_duration_seconds') ?? {};
  const buckets = [...samples].filter(([name]) => name.includes('_bucket'));
  const counts = buckets.map(([, count]) => count);
  expect(counts).toEqual(counts.toSorted((one, other) => one - other));
  expect(buckets.at(-1)).toEqual(['gateway_request_duration_seconds_bucket{le="+Inf"}', 6]);
  expect(samples.get('gateway_request_duration_seconds_bucket{le="0.25"}')).toBe(5);
  expect(samples.get('gateway_request_duration_seconds_count')).toBe(6);
  expect(samples.get('gateway_request_duration_seconds_sum')).toBeGreaterThan(0.29);
});

test('workers with a request in flight are busy', async () => {
  const gateway = await scraped('--workers', '2');
  const held = hold(gateway);
  await expect.poll(() => value(gateway, 'gateway_busy_workers'), SOON).toBe(1);
  expect(await value(gateway, 'gateway_workers{state="ready"}')).toBe(2);
  held.release();
  await held.answer;
  await expect.poll(() => value(gateway, 'gateway_busy_workers'), SOON).toBe(0);
});

test('no sum goes down when workers go', async () => {
  const gateway = await scraped('--workers', '1');
  await get(gateway, '/pid', 4);
  const requests = 'gateway_requests_total{status="2xx"}';
  await expect.poll(() => value(gateway, requests), SOON).toBe(4);
  process.kill((await reportOf(gateway)).workers[0]?.pid ?? 0, 'SIGKILL');
  await gateway.line(/worker 2 is ready/);
  expect(await value(gateway, requests)).toBe(4);
  expect(await value(gateway, 'gateway_worker_restarts_total{reason="died"}')).toBe(1);
  await get(gateway, '/pid', 2);
  await expect.poll(() => value(gateway, requests), SOON).toBe(6);
});

// Else monitoring would store another series for each worker that ever was.
test('no series is of one worker', async () => {
  const gateway = await scraped('--workers', '2');
  const seriesNow = async (): Promise<string[]> =>
    [...(await scrape(gateway)).values()].flatMap(({ samples }) => [...samples.keys()]);
  const before = await seriesNow();
  process.kill((await reportOf(gateway)).workers[0]?.pid ?? 0, 'SIGKILL');
  await gateway.line(/worker 3 is ready/);
  expect(await seriesNow()).toEqual(before);
});

const ANSWERS = [
  ['GET', '/metrics', 200],
  ['GET', '/metrics?x=1', 200],
  ['HEAD', '/metrics', 200],
  ['POST', '/metrics', 405],
  ['GET', '/', 404],
] as const;

test('only GET and HEAD find the metrics, at their path or by an absolute URL, as proxies write it', async () => {
  const { metricsUrl } = await scraped('--workers', '1');
  for (const [method, path, status] of ANSWERS) {
    const response = await fetch(new URL(path, metricsUrl), { method });
    expect([method, path, response.status]).toEqual([method, path, status]);
    await response.text();
  }
  const port = Number(new URL(metricsUrl).port);
  const head = `GET ${metricsUrl} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`;
  expect(await exchange(port, head)).toMatch(/^HTTP\/1\.1 200 /);
});

test('an address for metrics that is taken stops the start', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const address = other.address();
  const taken = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const application = join(APPLICATIONS, 'behaviours.ts');
  const gateway = new GatewayProcess(['-b', '127.0.0.1:0', '--metrics-bind', taken, application]);
  expect(await gateway.exited).toBe(1);
  expect(gateway.errorText).toMatch(
    /Cannot listen at http:\/\/127\.0\.0\.1:\d+: .*EADDRINUSE.*\. Is another server running there\?/,
  );
});

test('an address for metrics that comes free is waited for', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const taken = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const application = join(APPLICATIONS, 'behaviours.ts');
  const args = ['-b', '127.0.0.1:0', '-w', '1', '--metrics-bind', taken, application];
  const gateway = new GatewayProcess(args);
  await gateway.line(/127\.0\.0\.1:\d+ is in use: trying again/);
  other.close();
  await gateway.line(/^metrics at /);
  await gateway.line(/is ready/);
});

test('a gateway that finishes its requests leaves the address for metrics to its successor', async () => {
  const first = await scraped('--workers', '1');
  const { answer, release } = hold(first);
  await first.printed(/read/);
  const monitoring = new Agent({ keepAlive: true });
  onTestFinished(() => monitoring.destroy());
  const [response] = await once(request(first.metricsUrl, { agent: monitoring }).end(), 'response');
  for await (const _ of response);
  first.signal('SIGTERM');
  await first.line(/SIGTERM received/);
  const { host } = new URL(first.metricsUrl);
  const second = await observed('behaviours.ts', '--workers', '1', '--metrics-bind', host);
  expect((await second.line(/^metrics at /)).msg).toBe(`metrics at ${first.metricsUrl}`);
  expect(second.log.filter(({ msg }) => msg.includes('in use'))).toEqual([]);
  release();
  expect(await answer).toMatchObject({ status: 200 });
  expect(await first.exited).toBe(0);
});

test('a label keeps what would end it', async () => {
  const gateway = await observed('behaviours.ts', '--workers', '1');
  const report = { ...(await reportOf(gateway)), applicationName: 'a"b\\c\nd' };
  const info = parseMetrics(prometheusText(report)).get('gateway_info');
  expect([...(info?.samples.keys() ?? [])]).toEqual([
    expect.stringContaining('application="a\\"b\\\\c\\nd"'),
  ]);
});
