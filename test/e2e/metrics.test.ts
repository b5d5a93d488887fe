import { expect, test } from 'vitest';
import { looseEnds, type Container } from './hardened.ts';
import { useStack } from './stack.ts';

const WAIT = { timeout: 60_000, interval: 500 };

// Beside the production stack, as the profile starts it.
const stack = useStack(async (running) => {
  await running.compose('--profile', 'metrics', 'build', 'prometheus');
  await running.start('prometheus');
  return async () =>
    void (await running.compose('rm', '--stop', '--force', '--volumes', 'prometheus'));
});

interface Answer<Result> {
  readonly data: Result;
}

async function ask<Result>(path: string): Promise<Result> {
  const response = await fetch(`${stack.prometheusUrl}/api/v1/${path}`);
  return ((await response.json()) as Answer<Result>).data;
}

interface Target {
  readonly labels: { readonly job: string };
  readonly health: string;
  readonly lastError: string;
}

/** What became of each target, by its job. */
async function targets(): Promise<Record<string, string>> {
  const { activeTargets } = await ask<{ activeTargets: Target[] }>('targets');
  return Object.fromEntries(
    activeTargets.map(({ labels, health, lastError }) => [labels.job, lastError || health]),
  );
}

interface Vector {
  readonly result: readonly { readonly value: readonly [time: number, value: string] }[];
}

async function value(query: string): Promise<number> {
  const { result } = await ask<Vector>(`query?query=${encodeURIComponent(query)}`);
  return Number(result[0]?.value[1]);
}

test('Prometheus finds the gateway and nginx, and reads what they say', async () => {
  await expect.poll(targets, WAIT).toEqual({ gateway: 'up', nginx: 'up' });
  for (let n = 0; n < 5; n++) await (await fetch(stack.url)).text();
  await expect.poll(() => value('gateway_requests_total{status="2xx"}'), WAIT).toBeGreaterThan(4);
  expect(await value('gateway_workers{state="ready"}')).toBeGreaterThan(0);
  await expect.poll(() => value('nginx_connections_accepted'), WAIT).toBeGreaterThan(1);
  expect(await value('nginx_connections_active')).toBeGreaterThan(0);
});

test('Prometheus is open to this machine alone, and hardened as the others', async () => {
  const container = await stack.inspect<Container>('prometheus');
  expect(looseEnds(container)).toEqual([]);
  const PortBindings = { '9090/tcp': [{ HostIp: '127.0.0.1' }] };
  expect(container.HostConfig).toMatchObject({ PortBindings });
});

test.for([
  ['nginx', 8082],
  ['app', 8001],
] as const)('the metrics of %s are not to be had from the edge', async ([service, port]) => {
  const address = await stack.addressOf(service);
  const url = `http://${address}:${port}/metrics`;
  expect(await stack.shell('nginx', `curl --silent --noproxy '*' ${url}`)).toContain('# TYPE');
  expect((await fetch(new URL('/metrics', stack.url))).status).toBe(404);
  const { Image } = await stack.inspect<{ Image: string }>('app');
  const script = `for (const host of ['nginx', '${address}']) await fetch('http://' + host + ':${port}/metrics', { signal: AbortSignal.timeout(3000) }).then(() => console.log(host), () => {})`;
  const on = ['--rm', '--network', `${stack.project}_edge`];
  const reached = await stack.docker('run', ...on, Image, 'node', '--eval', script);
  expect(reached).toBe('');
});
