import {
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { APPLICATIONS, GatewayProcess } from '../gateway-process.ts';
import { exchange } from '../raw-client.ts';
import { temporaryFolder } from '../../../wsgi/test/temporary-folder.ts';
import { get, observed, open, reportOf, say, untilClosed } from './ask.ts';

const APPLICATION = join(APPLICATIONS, 'behaviours.ts');
/** Heartbeats come each second, and the machine may be slow. */
const SOON = { timeout: 10_000 };

test('answers are counted by status, those to refused requests too', async () => {
  const gateway = await observed('behaviours.ts');
  await get(gateway, '/pid', 7);
  await exchange(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n');
  const counted = () => reportOf(gateway).then(({ total }) => total.answers);
  await expect.poll(counted, SOON).toEqual({ '1xx': 0, '2xx': 7, '3xx': 0, '4xx': 1, '5xx': 0 });
});

test('how long requests take is told, lately and since the start', async () => {
  const gateway = await observed('behaviours.ts', '--workers', '1');
  await get(gateway, '/sleep/300', 3);
  const counted = () => reportOf(gateway).then(({ total }) => total.requestSeconds.count);
  await expect.poll(counted, SOON).toBe(3);
  const { recent, total } = await reportOf(gateway);
  expect(recent.p50Ms).toBeGreaterThan(200);
  const { requestSeconds, sentBytes } = total;
  expect(requestSeconds.sum).toBeGreaterThan(0.85);
  expect(requestSeconds.buckets.find(({ le }) => le === 0.25)?.count).toBe(0);
  expect(sentBytes).toBeGreaterThan(0);
});

test('each worker tells its requests in flight, its connections, its memory and its event loop', async () => {
  const gateway = await observed('behaviours.ts', '--workers', '1');
  const client = new AbortController();
  const held = fetch(`http://127.0.0.1:${gateway.port}/hang`, { signal: client.signal });
  const worker = () => reportOf(gateway).then(({ workers }) => workers[0]);
  await expect.poll(worker, SOON).toMatchObject({
    number: 1,
    state: 'ready',
    requestsInFlight: 1,
    connections: 1,
    memoryBytes: expect.any(Number),
  });
  client.abort();
  await expect(held).rejects.toThrow();
  await get(gateway, '/busy/450');
  const delay = () => worker().then((one) => one?.recent.loopDelayMs);
  await expect.poll(delay, SOON).toBeGreaterThan(390);
  expect((await worker())?.recent.busyRatio).toBeGreaterThan(0.05);
});

test('requests are counted that a worker served just before it left', async () => {
  const gateway = await observed('behaviours.ts', '--workers', '1');
  const { workers } = await reportOf(gateway);
  for (let n = 0; n < 3; n++) {
    await exchange(gateway.port, 'GET /pid HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  }
  process.kill(workers[0]?.pid ?? 0, 'SIGTERM');
  await gateway.line(/worker 2 is ready/);
  expect((await reportOf(gateway)).total.answers['2xx']).toBe(3);
});

test.for<[what: string, args: string[], reason: string, detail: string | RegExp]>([
  ['was killed', ['--workers', '1'], 'died', 'SIGKILL'],
  ['retires', ['--workers', '1', '--max-requests', '1'], 'retired', /it has served \d+ requests/],
  ['makes way on reload', ['--workers', '1'], 'reload', ''],
  ['was blocked', ['--workers', '1', '--timeout', '2'], 'blocked', 'over 2 s'],
])('a worker that %s is counted, with the reason', async ([, args, reason, detail]) => {
  const gateway = await observed('behaviours.ts', ...args);
  const { workers } = await reportOf(gateway);
  if (reason === 'died') process.kill(workers[0]?.pid ?? 0, 'SIGKILL');
  if (reason === 'retired') await get(gateway, '/pid');
  if (reason === 'reload') gateway.signal('SIGHUP');
  if (reason === 'blocked') await get(gateway, '/block').catch(() => undefined);
  await gateway.line(/worker 2 is ready/);
  await gateway.line(/worker 1 (?:died|has exited)/);
  const { restarts, lastRestart } = await reportOf(gateway);
  expect(restarts).toMatchObject({ [reason]: 1 });
  expect(Object.values(restarts).reduce((sum, count) => sum + count)).toBe(1);
  expect(lastRestart).toMatchObject({ worker: 1, reason, secondsAgo: expect.any(Number) });
  expect(lastRestart?.detail).toMatch(detail);
});

test('a worker whose event loop is blocked is told as such, while it is', async () => {
  const gateway = await observed('behaviours.ts', '--workers', '1');
  const blocked = get(gateway, '/busy/4000');
  const worker = () => reportOf(gateway).then(({ workers }) => workers[0]);
  await expect.poll(worker, SOON).toMatchObject({ state: 'blocked', recent: { busyRatio: 1 } });
  expect((await worker())?.recent.loopDelayMs).toBeGreaterThan(2000);
  await blocked;
  await expect.poll(worker, SOON).toMatchObject({ state: 'ready' });
});

test('only its owner may use the socket, and it is gone with the gateway', async () => {
  const gateway = await observed('behaviours.ts', '--umask', '0');
  expect(statSync(gateway.socketPath).mode & 0o777).toBe(0o600);
  gateway.signal('SIGTERM');
  expect(await gateway.exited).toBe(0);
  expect(existsSync(gateway.socketPath)).toBe(false);
});

test('who says nonsense is told what is expected', async () => {
  const gateway = await observed('behaviours.ts', '--workers', '1');
  const endless = 'x'.repeat(500);
  for (const words of [
    '\n',
    'nonsense\n',
    'stats now\n',
    'profile 1\n',
    'heap x\n',
    '\0\xff\n',
    endless,
  ]) {
    const answer: unknown = JSON.parse(await say(gateway.socketPath, words));
    expect(answer).toEqual({
      error:
        "unknown command: expected 'stats', 'events', 'profile WORKER SECONDS' or 'heap WORKER'",
    });
  }
});

test('clients of the socket that say nothing, or never stop, harm nobody', async () => {
  const gateway = await observed('behaviours.ts', '--workers', '1');
  const silent = Array.from({ length: 30 }, () => open(gateway.socketPath));
  const flood = open(gateway.socketPath);
  flood.write(Buffer.alloc(1_000_000, 'x'));
  await get(gateway, '/pid', 3);
  await Promise.all([...silent, flood].map(untilClosed));
  expect((await reportOf(gateway)).workers).toHaveLength(1);
  expect(gateway.log.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
});

test('a gateway that cannot make its socket says so, and serves', async () => {
  const gateway = await GatewayProcess.start('behaviours.ts', '--control-socket', '/proc/nowhere');
  expect(await gateway.line(/no control socket at \/proc\/nowhere/)).toMatchObject({
    level: 'warn',
  });
  expect((await fetch(`http://127.0.0.1:${gateway.port}/pid`)).status).toBe(200);
});

test('a file that is no socket is not replaced by one', async () => {
  const path = join(temporaryFolder(), 'precious');
  writeFileSync(path, 'precious');
  const gateway = await GatewayProcess.startOne('behaviours.ts', '--control-socket', path);
  expect(await gateway.line(/no control socket/)).toMatchObject({
    err: { message: `${path} is there and is no socket` },
  });
  expect(readFileSync(path, 'utf8')).toBe('precious');
});

test('unless told otherwise the socket has the process id in its name; those of the dead are cleared away', async () => {
  const environment = { TMPDIR: temporaryFolder() };
  const args = ['--bind', '127.0.0.1:0', '--workers', '1', APPLICATION];
  const first = new GatewayProcess(args, environment);
  await first.line(/is ready/);
  expect(readdirSync(environment.TMPDIR)).toEqual([`gateway-${first.child.pid}.sock`]);
  first.kill();
  await first.exited;
  const second = new GatewayProcess(args, environment);
  await second.line(/is ready/);
  expect(readdirSync(environment.TMPDIR)).toEqual([`gateway-${second.child.pid}.sock`]);
});

test('a link that leads to itself, laid beside the sockets, does not keep the gateway from its own', async () => {
  const environment = { TMPDIR: temporaryFolder() };
  symlinkSync('gateway-1.sock', join(environment.TMPDIR, 'gateway-1.sock'));
  const args = ['--bind', '127.0.0.1:0', '--workers', '1', APPLICATION];
  const gateway = new GatewayProcess(args, environment);
  await gateway.line(/is ready/);
  expect(readdirSync(environment.TMPDIR)).toContain(`gateway-${gateway.child.pid}.sock`);
});

/** Begins once its process id is known: what another user may have laid at all the names in advance. */
async function startedBehind(lay: string): Promise<{ folder: string; gateway: GatewayProcess }> {
  const folder = temporaryFolder();
  const args = ['--bind', '127.0.0.1:0', '--workers', '1', APPLICATION];
  const shell = ['sh', '-c', `${lay}; exec "$0" "$@"`] as const;
  const gateway = new GatewayProcess(args, { TMPDIR: folder }, undefined, {}, shell);
  await gateway.line(/is ready/);
  return { folder, gateway };
}

test.for<[what: string, lay: string]>([
  ['a link that leads nowhere', 'ln -s /nowhere $TMPDIR/gateway-$$.sock'],
  ['a link to itself', 'ln -s gateway-$$.sock $TMPDIR/gateway-$$.sock'],
  ['a file', 'echo precious >$TMPDIR/gateway-$$.sock'],
  ['a folder', 'mkdir $TMPDIR/gateway-$$.sock'],
])('%s that has the name of its socket leaves the gateway with another one', async ([, lay]) => {
  const { folder, gateway } = await startedBehind(lay);
  const warnings = gateway.log.filter(({ level }) => level === 'warn');
  expect(warnings).toMatchObject([{ msg: expect.stringContaining('no control socket at') }]);
  const stats = new GatewayProcess(['stats'], { TMPDIR: folder });
  expect(await stats.exited).toBe(0);
  expect(stats.outputText).toContain(`pid ${gateway.child.pid}, `);
  gateway.signal('SIGTERM');
  expect(await gateway.exited).toBe(0);
  expect(readdirSync(folder)).toEqual([`gateway-${gateway.child.pid}.sock`]);
});

test('stats and top ask no socket through a link', async () => {
  const gateway = await observed('behaviours.ts', '--workers', '1');
  const link = join(temporaryFolder(), 'link');
  symlinkSync(gateway.socketPath, link);
  const stats = new GatewayProcess(['stats', '--socket', link]);
  expect(await stats.exited).toBe(1);
  expect(stats.errorText).toBe(`gateway: No gateway is asked at ${link}: it is no socket.\n`);
});

test.runIf(process.getuid?.() === 0)('stats asks no socket of another user', async () => {
  const gateway = await observed('behaviours.ts', '--workers', '1');
  chownSync(gateway.socketPath, 65_534, 65_534);
  const stats = new GatewayProcess(['stats', '--socket', gateway.socketPath]);
  expect(await stats.exited).toBe(1);
  expect(stats.errorText).toContain(`${gateway.socketPath}: it belongs to another user.`);
});

test('--control-socket none makes no socket', async () => {
  const environment = { TMPDIR: temporaryFolder() };
  const args = ['--bind', '127.0.0.1:0', '--workers', '1', '--control-socket', 'none', APPLICATION];
  await new GatewayProcess(args, environment).line(/is ready/);
  expect(readdirSync(environment.TMPDIR)).toEqual([]);
});
