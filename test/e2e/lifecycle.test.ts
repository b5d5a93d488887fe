import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, test, vi } from 'vitest';
import { LIST_PROCESSES, parseProcesses, workerPids } from './process-table.ts';
import { useStack } from './stack.ts';

const stack = useStack();
beforeEach(() => stack.start());

const STREAM = '1 of 5\n2 of 5\n3 of 5\n4 of 5\n5 of 5\n';
const STREAM_MS = 1_000;

// A figure is that of a machine that does nothing else, so a busy one gets more tries.
const FIGURE = { retry: 2 };

test('docker compose down lets requests in flight complete', async () => {
  const { texts } = await downWithRequestsInFlight();
  expect(texts).toEqual(texts.map(() => STREAM));
});

test('docker compose down takes less than 5 s beside the requests in flight', FIGURE, async () => {
  const { durationMs } = await downWithRequestsInFlight();
  expect(durationMs).toBeLessThan(5_000 + STREAM_MS);
});

test('an application with another address is found again, without a restart of nginx', async () => {
  const { oldAddress, newAddress, durationMs } = await moveApplication();
  expect(newAddress).not.toBe(oldAddress);
  expect(durationMs).toBeLessThan(10_000);
});

test('a change of the application leaves nginx running', async () => {
  const startedAt = await frontStartedAt();
  await stack.with({ APP_PIDS: '500' }).start();
  expect(await frontStartedAt()).toBe(startedAt);
});

test('when every worker is killed under load, nobody who comes later is refused', async () => {
  const { outcomes, clients } = await killWorkersUnderLoad();
  // What a worker had in its hands may fail, once a client; the arbiter's backlog holds the rest.
  const failures = outcomes.filter((outcome) => outcome !== 200);
  expect(failures.length).toBeLessThanOrEqual(clients);
  expect(failures.filter((failure) => failure !== 502)).toEqual([]);
});

test('when every worker is killed, service is back within 2 s', FIGURE, async () => {
  const { durationMs } = await killWorkersUnderLoad();
  expect(durationMs).toBeLessThan(2_000);
});

test('while the application is away, a 503 with Retry-After and a page say so, with the request id', async () => {
  await stack.compose('stop', 'app');
  const response = await fetch(stack.url, { headers: { Accept: 'text/html' } });
  const page = await response.text();

  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('5');
  expect(response.headers.get('content-type')).toMatch(/^text\/html/);
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(page).toContain('Please try again in a moment');
  expect(page).toContain(String(response.headers.get('x-request-id')));
});

async function downWithRequestsInFlight() {
  const streams = await Promise.all(Array.from({ length: 8 }, openStream));
  const start = performance.now();
  const [, ...texts] = await Promise.all([stack.compose('down'), ...streams.map(readRest)]);
  return { texts, durationMs: performance.now() - start };
}

interface OpenStream {
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly first: string;
}

/** A request whose first piece is there, and whose other pieces are still to come. */
async function openStream(): Promise<OpenStream> {
  const { body } = await fetch(new URL('/stream/', stack.url));
  if (body === null) throw new Error('/stream/ has no body');
  const reader = body.getReader();
  const { value } = await reader.read();
  return { reader, first: Buffer.from(value ?? []).toString() };
}

async function readRest({ reader, first }: OpenStream): Promise<string> {
  let text = first;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += Buffer.from(value).toString();
  }
}

/** Recreates the application's container while another one sits on its address. */
async function moveApplication() {
  const oldAddress = await stack.addressOf('app');
  const startedAt = await frontStartedAt();
  await stack.compose('rm', '--stop', '--force', 'app');
  const squatter = await occupyAddress();
  try {
    await stack.start('--no-deps', 'app');
    const durationMs = await millisecondsUntilServed();
    expect(await frontStartedAt()).toBe(startedAt);
    return { oldAddress, newAddress: await stack.addressOf('app'), durationMs };
  } finally {
    await stack.docker('rm', '--force', squatter);
  }
}

async function occupyAddress(): Promise<string> {
  const { Image } = await stack.inspect<{ Image: string }>('nginx');
  const on = ['--network', `${stack.project}_internal`];
  return (await stack.docker('run', '--detach', '--rm', ...on, Image, 'sleep', '120')).trim();
}

async function frontStartedAt(): Promise<string> {
  const { State } = await stack.inspect<{ State: { StartedAt: string } }>('nginx');
  return State.StartedAt;
}

/** Kills all workers while clients ask, and returns when as many new ones are there. */
async function killWorkersUnderLoad() {
  const killed = await pidsOfWorkers();
  expect(killed.length).toBeGreaterThan(0);

  const load = startLoad();
  try {
    await load.isUnderWay;
    await stack.shell('app', `kill -KILL ${killed.join(' ')}`);
    const durationMs = await millisecondsUntilServed();
    await expect.poll(newPids, { timeout: 20_000 }).toHaveLength(killed.length);
    load.stop();
    return { durationMs, outcomes: await load.outcomes, clients: load.clients };
  } finally {
    load.stop();
  }

  async function newPids(): Promise<string[]> {
    return (await pidsOfWorkers()).filter((pid) => !killed.includes(pid));
  }
}

async function millisecondsUntilServed(): Promise<number> {
  const start = performance.now();
  const isServed = async () => expect(await outcomeOf(stack.url)).toBe(200);
  await vi.waitFor(isServed, { timeout: 20_000, interval: 20 });
  return performance.now() - start;
}

async function pidsOfWorkers(): Promise<string[]> {
  return workerPids(parseProcesses(await stack.shell('app', LIST_PROCESSES)));
}

/** Four clients that ask one after the other, below the rate that nginx grants, until `stop`. */
function startLoad() {
  const end = new AbortController();
  const underWay = Promise.withResolvers<void>();

  async function client(): Promise<(number | string)[]> {
    const outcomes: (number | string)[] = [];
    while (!end.signal.aborted) {
      outcomes.push(await outcomeOf(stack.url));
      underWay.resolve();
      await sleep(100);
    }
    return outcomes;
  }
  const clients = [client(), client(), client(), client()];
  return {
    clients: clients.length,
    isUnderWay: underWay.promise,
    stop: () => end.abort(),
    outcomes: Promise.all(clients).then((outcomes) => outcomes.flat()),
  };
}

/** The status of a whole response, or the error that came in its place. */
async function outcomeOf(url: string): Promise<number | string> {
  try {
    const response = await fetch(url);
    await response.text();
    return response.status;
  } catch (error) {
    return String(error);
  }
}
