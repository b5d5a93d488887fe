import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { GatewayProcess } from '../../packages/gateway/test/gateway-process.ts';
import { isLong, printFigures } from './figures.ts';
import { Front, needsFront } from './front.ts';
import { Load } from './load.ts';
import { privateKibibytes } from './process-facts.ts';
import { SlowClients } from './slow-clients.ts';

type Running = Awaited<ReturnType<typeof GatewayProcess.start>>;

const ECHO = join(import.meta.dirname, 'echo.ts');
const COUNT = isLong ? 10_000 : 1000;
const TIMEOUT_SECONDS = isLong ? 15 : 5;
/** Deadlines are looked at twice a second, and a closed connection is read for one second more. */
const MARGIN_MS = 2500;
const FRONT_COUNT = 10_000;
/** nginx's client_header_timeout and lingering_time are 10 s; a busy machine is later. */
const FRONT_TIMEOUT_MS = 20_000;
/** One handshake in eight: those of 10,000 take the whole machine for some time. */
const SECURE = [...Array.from({ length: 7 }, () => 'hello' as const), 'secureHead'] as const;
const ALL_SECURE = ['secureHead'] as const;
const READERS = 100;
const READ_BYTES = 10_000_000;
const LARGE = `/large/${READ_BYTES}`;
/**
 * A few pieces wait for each reader; most is memory of pieces that went into the kernel's buffers,
 * which malloc keeps. Without back-pressure it is over 5000.
 */
const UNREAD_KIBIBYTES = 3072;

test('slow connections cost little, disturb nobody and are closed in time', async () => {
  const limits = { '--header-timeout': TIMEOUT_SECONDS, '--body-timeout': TIMEOUT_SECONDS };
  const gateway = await startOneWorker(limits);
  const warmUp = new Load({ port: gateway.port, connections: 8, pauseMs: 1, requestsMax: 5000 });
  await warmUp.ended();
  const [worker = 0] = gateway.workerPids;
  const before = privateKibibytes(worker);
  const probes = new Load({ port: gateway.port, connections: 2, pauseMs: 10 });
  const { port } = gateway;
  const slow = await SlowClients.connect({ port, count: COUNT, beginnings: ['head', 'body'] });
  const kibibytes = (privateKibibytes(worker) - before) / COUNT;
  const closings = await slow.closed();
  const history = await probes.stop();

  printFigures(`${COUNT} slow connections`, {
    'KiB each': Math.round(kibibytes * 10) / 10,
    closed: closings.closed,
    'closed after ms': Math.round(closings.longestMs),
    probes: history.entries.length,
    'bad probes': history.bad.length,
    'p99 ms': history.latencyMs(0.99),
    'max ms': history.latencyMs(1),
  });
  expect(history.bad).toEqual([]);
  expect(history.latencyMs(0.99)).toBeLessThan(50);
  expect(closings).toMatchObject({ closed: COUNT, answered: COUNT });
  expect(closings.longestMs).toBeLessThan(TIMEOUT_SECONDS * 1000 + MARGIN_MS);
  expect(kibibytes).toBeLessThanOrEqual(15);
});

test.for([
  { way: 'plain http', TLS: 'off', beginnings: ['head', 'unwanted'] },
  { way: 'TLS', TLS: 'self-signed', beginnings: isLong ? ALL_SECURE : SECURE },
] as const)(
  '10,000 slow connections of one address by $way leave nginx to the others',
  async ({ way, TLS, beginnings }, context) => {
    needsFront(context);
    const gateway = await startOneWorker({});
    const one = { TLS, NGINX_LIMITS: 'on', NGINX_WORKER_PROCESSES: '1' };
    const front = await Front.start(gateway.port, one);
    const port = TLS === 'off' ? front.port : front.httpsPort;
    const probes = new Load({
      port,
      connections: 2,
      pauseMs: 50,
      localAddress: '127.0.0.3',
      connectsAnew: true,
      isSecure: TLS !== 'off',
    });
    const localAddress = '127.0.0.2';
    const slow = await SlowClients.connect({ port, count: FRONT_COUNT, beginnings, localAddress });
    const closings = await slow.closed();
    const history = await probes.stop();
    printFigures(`${FRONT_COUNT} slow connections through nginx by ${way}`, {
      closed: closings.closed,
      'closed after ms': Math.round(closings.longestMs),
      ...history.figures,
    });
    expect(history.bad).toEqual([]);
    expect(history.latencyMs(0.99)).toBeLessThan(1000);
    expect(history.entries.length).toBeGreaterThan(100);
    expect(closings.closed).toBe(FRONT_COUNT);
    expect(closings.longestMs).toBeLessThan(FRONT_TIMEOUT_MS);
  },
);

test('clients that do not read what they asked for cost a bounded amount of memory', async () => {
  const gateway = await startOneWorker({ '--send-timeout': 4 });
  const [worker = 0] = gateway.workerPids;
  const before = privateKibibytes(worker);
  const readers = Array.from({ length: READERS }, () => {
    const socket = connect({ port: gateway.port, host: '127.0.0.1' }).pause();
    socket.write(`GET ${LARGE} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    onTestFinished(() => void socket.destroy());
    return once(socket, 'connect');
  });
  await Promise.all(readers);
  // Work for the worker, so that it collects what it has sent.
  const work = new Load({ port: gateway.port, connections: 4, pauseMs: 1, requestsMax: 5000 });
  await work.ended();
  const kibibytes = Math.round((privateKibibytes(worker) - before) / READERS);
  printFigures(`${READERS} readers of ${READ_BYTES} bytes that do not read`, {
    'KiB each': kibibytes,
  });
  expect(kibibytes).toBeLessThanOrEqual(UNREAD_KIBIBYTES);
  const ended = () => gateway.access.filter(({ target }) => target === LARGE).length;
  await expect.poll(ended, { timeout: 15_000 }).toBe(READERS);
});

async function startOneWorker(limits: Readonly<Record<string, number>>): Promise<Running> {
  const args = Object.entries(limits).flatMap(([flag, seconds]) => [flag, String(seconds)]);
  return GatewayProcess.startOne(ECHO, ...args);
}
