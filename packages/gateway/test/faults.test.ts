import { execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { BoundSocket } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../src/settings/config.ts';
import type { StartMessage } from '../src/messages.ts';
import { readCommandLine } from '../src/settings/command-line.ts';
import { freePort } from '../../wsgi/test/free-port.ts';
import { descriptorCount } from '../../../test/load/process-facts.ts';
import { NO_SMALL_DISK, smallDisk } from '../../wsgi/test/small-disk.ts';
import { temporaryFolder } from '../../wsgi/test/temporary-folder.ts';
import { APPLICATIONS, GatewayProcess, type LogLine, type Running } from './gateway-process.ts';
import { exchange, RawClient } from './raw-client.ts';

const WORKER = join(import.meta.dirname, '../src/worker/worker.ts');
const REQUEST = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

async function get(port: number, path = '/'): Promise<string> {
  const text = `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
  const answer = await exchange(port, text).catch((error: NodeJS.ErrnoException) => error.code);
  return answer ?? '';
}

/** How many of so many requests were answered with 200. */
async function countOk(port: number, requests: number): Promise<number> {
  let ok = 0;
  for (let n = 0; n < requests; n++) {
    if ((await get(port)).startsWith('HTTP/1.1 200')) ok += 1;
  }
  return ok;
}

test('with no room for either log all of 300 requests are answered, also after a reload', async () => {
  const port = await freePort();
  const full = openSync('/dev/full', 'a');
  const gateway = new GatewayProcess(
    ['--bind', `127.0.0.1:${port}`, '--workers', '1', join(APPLICATIONS, 'faults.ts')],
    {},
    undefined,
    { stdio: ['ignore', full, full] },
  );
  closeSync(full);
  // On a slow machine some get 503 before the worker is there.
  await expect.poll(() => countOk(port, 150)).toBe(150);
  const before = (await get(port)).slice(-5);
  gateway.signal('SIGHUP');
  await expect.poll(async () => (await get(port)).slice(-5), { timeout: 10_000 }).not.toBe(before);
  expect(await countOk(port, 150)).toBe(150);
  gateway.signal('SIGTERM');
  expect(await gateway.exited).toBe(0);
});

test('the access log goes on where a full disk has room again', async ({ skip }) => {
  skip(NO_SMALL_DISK !== undefined, NO_SMALL_DISK);
  const disk = smallDisk(1_048_576);
  const log = join(disk, 'access.log');
  const ballast = join(disk, 'ballast');
  writeFileSync(ballast, Buffer.alloc(1_048_576 - 8192));
  const gateway = await GatewayProcess.startInto(log, 'faults.ts');
  expect(await countOk(gateway.port, 100)).toBe(100);
  await expect.poll(() => statfsSync(disk).bfree).toBe(0);
  expect(await countOk(gateway.port, 10)).toBe(10);
  rmSync(ballast);
  await get(gateway.port, '/there-is-room');
  await expect.poll(() => readFileSync(log, 'utf8')).toContain('/there-is-room');
  await expect.poll(() => readFileSync(log, 'utf8')).toMatch(/\d+ log lines could not be written/);
  const lines = readFileSync(log, 'utf8').split('\n');
  expect(lines.length).toBeLessThan(100);
  // The one that the disk had no room for.
  expect(lines.filter((line) => line !== '' && !isJson(line)).length).toBeLessThanOrEqual(1);
});

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

test('nobody reads standard output or error any more, and all of 300 requests are answered', async () => {
  const gateway = await GatewayProcess.start('faults.ts');
  gateway.child.stdout?.destroy();
  gateway.child.stderr?.destroy();
  expect(await countOk(gateway.port, 150)).toBe(150);
  gateway.signal('SIGHUP');
  expect(await countOk(gateway.port, 150)).toBe(150);
  gateway.signal('SIGTERM');
  expect(await gateway.exited).toBe(0);
});

test.for([
  ['a pipe that nobody reads', '> >(exec true)'],
  ['a full disk', '> /dev/full'],
])('an application may print into %s', async ([, redirection]) => {
  const port = await freePort();
  const cli = join(import.meta.dirname, '../src/cli.ts');
  const words = `--bind 127.0.0.1:${port} --workers 1 --access-logfile none`;
  const command = `exec node ${cli} ${words} ${join(APPLICATIONS, 'unruly.ts')} ${redirection}`;
  const gateway = spawn('bash', ['-c', command], { stdio: ['ignore', 'ignore', 'pipe'] });
  onTestFinished(() => void gateway.kill('SIGKILL'));
  await expect.poll(() => countOk(port, 1), { timeout: 10_000 }).toBe(1);
  const before = await get(port);
  for (let n = 0; n < 20; n++) expect(await get(port, '/print')).toMatch(/^HTTP\/1\.1 200 /);
  expect(pidIn(await get(port))).toBe(pidIn(before));
  gateway.kill('SIGTERM');
});

test('what an application sends on the channel of its worker is not heeded', async () => {
  const gateway = await GatewayProcess.startOne('unruly.ts');
  await get(gateway.port, '/send');
  process.kill(gateway.workerPids[0] ?? 0, 'SIGKILL');
  await gateway.line(/worker 2 is ready/);
  expect(await countOk(gateway.port, 5)).toBe(5);
});

test('a worker whose application closes its channel is replaced while it finishes', async () => {
  const gateway = await GatewayProcess.startOne('unruly.ts');
  const stream = await RawClient.connect(gateway.port);
  stream.send('POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n');
  await stream.until(/200 OK/);
  await get(gateway.port, '/disconnect');
  await gateway.line(/leaves: its channel was closed/);
  await gateway.line(/worker 2 is ready/);
  expect(await countOk(gateway.port, 5)).toBe(5);
  stream.close();
});

test('an uncaught error that throws when it is looked at ends its worker politely, too', async () => {
  const gateway = await GatewayProcess.startOne('unruly.ts');
  await get(gateway.port, '/hostile');
  await gateway.line(/worker 1 leaves: an uncaught error/);
  await gateway.line(/^uncaught error: finishing the requests in flight/);
  await gateway.line(/worker 2 is ready/);
});

test('a client that goes away from a body that nobody waits for ends no worker', async () => {
  const gateway = await GatewayProcess.startOne('unruly.ts');
  const client = await RawClient.connect(gateway.port);
  client.send('POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nhalf');
  await client.until(/200 OK/);
  client.socket.resetAndDestroy();
  expect(await countOk(gateway.port, 20)).toBe(20);
  expect(gateway.log.filter(({ level }) => level !== 'info')).toEqual([]);
});

test('a blocked worker whose Error is frozen still tells its stack', async () => {
  const gateway = await GatewayProcess.startOne('unruly.ts', '--timeout', '1');
  void get(gateway.port, '/freeze');
  const { stack } = await gateway.line(/worker 1 is blocked for over 1 s/);
  expect(String(stack)).toMatch(/unruly\.ts:\d+/);
});

test('workers that end as soon as they are ready are replaced less and less often', async () => {
  const gateway = await GatewayProcess.startIn({ DIE_SOON: '1' }, 'unruly.ts', '--workers', '1');
  await gateway.lines(/died: exit code 1/, 4);
  const ready = gateway.log.filter(({ msg }) => /is ready/.test(msg));
  // How long a worker took to start is no pause. A busy machine makes pauses longer, and none shorter.
  const starts = ready.map((line) => timeOf(line) - Number(/(\d+) ms\)/.exec(line.msg)?.[1]));
  const pauses = starts.slice(1).map((start, index) => start - timeOf(ready[index] as LogLine));
  expect(pauses.map((pause, index) => pause > 225 * 2 ** index)).toEqual([true, true, true]);
});

function timeOf({ time }: LogLine): number {
  return Date.parse(String(time));
}

test('what came in while the loop was busy is not late', async () => {
  const gateway = await GatewayProcess.startOne(
    'unruly.ts',
    ...['--keep-alive', '1', '--header-timeout', '1'],
  );
  const idle = await RawClient.connect(gateway.port);
  idle.send(REQUEST);
  await idle.until(/\r\n\r\n\d+$/);
  const slow = await RawClient.connect(gateway.port);
  slow.send('GET /1 HTTP/1.1\r\nHo');
  const busy = get(gateway.port, '/busy/2000');
  await gateway.printed(/busy/);
  idle.received = '';
  idle.send(REQUEST);
  slow.send('st: a\r\n\r\n');
  expect(await idle.until(/\r\n\r\n\d+$/)).toMatch(/200 OK/);
  expect(await slow.until(/\r\n\r\n/)).toMatch(/200 OK/);
  await busy;
});

test('a worker without a free descriptor lives until another one has taken its place', async () => {
  const gateway = await GatewayProcess.startOne('faults.ts', '--max-worker-memory', '4096');
  const [pid = 0] = gateway.workerPids;
  await get(gateway.port);
  const limit = (await settledDescriptorCount(pid)) + 8;
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${limit}:`]);
  const greedy = await Promise.all(
    Array.from({ length: 40 }, () => RawClient.connect(gateway.port)),
  );
  expect((await gateway.line(/worker 1 is due to be replaced/)).level).toBe('warn');
  await gateway.line(/worker 2 is ready/);
  await expect.poll(() => countOk(gateway.port, 1), { interval: 20 }).toBe(1);
  await gateway.line(/worker 1 has exited: exit code 0$/);
  for (const client of greedy) client.close();
  expect(await countOk(gateway.port, 20)).toBe(20);
});

test('a worker that leaks descriptors is replaced before it has none left, and no request is lost', async () => {
  const gateway = await GatewayProcess.startOne('faults.ts');
  const [pid = 0] = gateway.workerPids;
  const limit = (await settledDescriptorCount(pid)) + 160;
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${limit}:`]);
  for (let n = 0; n < 3; n++) await get(gateway.port, '/leak');
  const due = gateway.line(/is due to be replaced/);
  expect(await countOk(gateway.port, 200)).toBe(200);
  const { level, msg } = await due;
  expect(level).toBe('warn');
  expect(msg).toMatch(new RegExp(`: it has 1\\d\\d of its ${limit} descriptors in use`));
  await gateway.line(/worker 1 has exited: exit code 0$/);
  expect(await countOk(gateway.port, 20)).toBe(20);
});

test('an arbiter without a free descriptor lives, and replaces its dead worker once there is one', async () => {
  const gateway = await GatewayProcess.start('faults.ts');
  const arbiter = gateway.child.pid ?? 0;
  execFileSync('prlimit', ['--pid', String(arbiter), `--nofile=${descriptorCount(arbiter)}:`]);
  process.kill(gateway.workerPids[0] ?? 0, 'SIGKILL');
  await gateway.line(/worker 3 could not start/);
  expect(await countOk(gateway.port, 10)).toBe(10);
  execFileSync('prlimit', ['--pid', String(arbiter), '--nofile=1024:']);
  await gateway.lines(/is ready/, 3);
});

/** The watchdog's thread still loads its modules when the worker is ready. */
async function settledDescriptorCount(pid: number): Promise<number> {
  let count = 0;
  let timesSeen = 0;
  while (timesSeen < 10) {
    await setTimeout(50);
    const found = descriptorCount(pid);
    timesSeen = found === count ? timesSeen + 1 : 0;
    count = found;
  }
  return count;
}

test('a worker whose channel to the arbiter is lost finishes what it has, and exits', async () => {
  const application = join(APPLICATIONS, 'behaviours.ts');
  const { config } = await loadConfig(readCommandLine([application], {}), {});
  const socket = new BoundSocket({ host: '127.0.0.1' });
  const { port } = socket.address();
  const worker = fork(WORKER, { stdio: ['ignore', 'pipe', 'pipe', 'ipc', socket.fd()] });
  onTestFinished(() => {
    worker.kill('SIGKILL');
    socket.close();
  });
  const address = { kind: 'tcp', host: '127.0.0.1', port } as const;
  worker.send({ number: 1, config, listeners: [{ fd: 4, address }] } satisfies StartMessage);
  await once(worker, 'message');
  const answer = get(port, '/sleep/1000');
  if (worker.stdout !== null) await once(worker.stdout, 'data');
  worker.disconnect();
  expect(await answer).toMatch(/^HTTP\/1\.1 200 /);
  const [exitCode] = (await once(worker, 'exit')) as [number];
  expect(exitCode).toBe(1);
});

test('a clock that jumps by an hour, forward and back, ends no worker and no request', async () => {
  const preload = new URL('clock-jump.ts', import.meta.url).href;
  const gateway = await GatewayProcess.startIn(
    { NODE_OPTIONS: `--import=${preload}` },
    'behaviours.ts',
    ...['--timeout', '1', '--request-timeout', '4', '--keep-alive', '2', '--graceful-timeout', '2'],
  );
  const slow = get(gateway.port, '/sleep/3000');
  for (const startedAtMs = performance.now(); performance.now() - startedAtMs < 6000;) {
    expect(await get(gateway.port)).toMatch(/^HTTP\/1\.1 200 /);
    await setTimeout(50);
  }
  expect(await slow).toMatch(/^HTTP\/1\.1 200 /);
  const hours = gateway.access.map(({ time }) => Date.parse(String(time)) / 3_600_000);
  expect(Math.max(...hours) - Math.min(...hours)).toBeGreaterThan(1.9);
  expect(gateway.log.filter(({ level }) => level !== 'info')).toEqual([]);
  expect(gateway.log.filter(({ msg }) => /is ready/.test(msg))).toHaveLength(2);
});

test('a worker that runs out of memory is replaced, and its sibling answers every request', async () => {
  const memory = { NODE_OPTIONS: '--max-old-space-size=64' };
  const gateway = await GatewayProcess.startIn(memory, 'faults.ts');
  const victim = await RawClient.connect(gateway.port);
  victim.send(REQUEST);
  const victimPid = pidIn(await victim.until(/\r\n\r\n\d+$/));
  const siblings = await connectToOther(gateway, victimPid, 4);
  victim.send('GET /grow HTTP/1.1\r\nHost: a\r\n\r\n');
  let answers = 0;
  const isBack = gateway.lines(/is ready/, 3).then(() => true);
  while (!(await Promise.race([isBack, setTimeout(10, false)]))) {
    for (const sibling of siblings) {
      sibling.received = '';
      sibling.send(REQUEST);
      expect(pidIn(await sibling.until(/\r\n\r\n\d+$/))).not.toBe(victimPid);
      answers += 1;
    }
  }
  await victim.untilClosed();
  expect(answers).toBeGreaterThan(20);
  expect(gateway.errorText).toMatch(/heap out of memory/);
  expect(await countOk(gateway.port, 20)).toBe(20);
});

function pidIn(response: string): number {
  return Number(/\d+$/.exec(response)?.[0]);
}

/** So many connections that another worker has. */
async function connectToOther(gateway: Running, pid: number, count: number): Promise<RawClient[]> {
  const found: RawClient[] = [];
  while (found.length < count) {
    const client = await RawClient.connect(gateway.port);
    // Each `until` leaves a listener behind.
    client.socket.setMaxListeners(0);
    client.send(REQUEST);
    if (pidIn(await client.until(/\r\n\r\n\d+$/)) === pid) client.close();
    else found.push(client);
  }
  return found;
}

/** CR, LF, ESC, NUL, and U+2028 as the bytes of its UTF-8. */
const HOSTILE = ['\r', '\n', '\r\nx: y', '\u001b[31m', '\u0000', '\u00e2\u0080\u00a8'] as const;

test('whatever a client sends, each request is one log line that parses', async () => {
  const access = join(temporaryFolder(), 'access.log');
  const gateway = await GatewayProcess.startInto(access, 'faults.ts');
  const requests = HOSTILE.flatMap((hostile) => [
    `GET /${hostile} HTTP/1.1\r\nHost: a\r\n`,
    `GET /write?${percentEncoded(hostile)} HTTP/1.1\r\nHost: a\r\n`,
    `G${hostile}T / HTTP/1.1\r\nHost: a\r\n`,
    `GET / HTTP/1.1${hostile}\r\nHost: a\r\n`,
    `GET / HTTP/1.1\r\nHost: a${hostile}\r\n`,
    `GET / HTTP/1.1\r\nHost: a\r\nX-Request-ID: a${hostile}b\r\n`,
    `GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: a${hostile}b\r\n`,
    `GET / HTTP/1.1\r\nHost: a\r\nReferer: a${hostile}b\r\n`,
  ]);
  for (const request of requests) {
    const answer = await exchange(gateway.port, `${request}Connection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 [24]/);
  }
  gateway.signal('SIGTERM');
  await gateway.exited;

  const lines = readFileSync(access, 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  expect(lines).toHaveLength(requests.length);
  for (const line of lines) {
    expect(JSON.parse(line)).toMatchObject({ logger: 'access', status: expect.any(Number) });
    expect(line).not.toMatch(RAW_CONTROL);
  }
  // The gateway's own log is read line by line, where U+2028 too would end one.
  expect(gateway.errorText).toBe('');
  const written = gateway.log.filter(({ msg }) => msg.startsWith('client says'));
  expect(written).toHaveLength(HOSTILE.length);
});

// oxlint-disable-next-line no-control-regex
const RAW_CONTROL = /[\u0000-\u001f\u007f\u2028\u2029]/;

function percentEncoded(bytes: string): string {
  return encodeURIComponent(Buffer.from(bytes, 'latin1').toString());
}

test('a secret in headers and environment is in no log, whatever goes wrong', async () => {
  const canary = 'canary-7f3a9c';
  const gateway = await GatewayProcess.startIn(
    { SECRET_KEY: canary, DATABASE_URL: `postgres://user:${canary}@db/name` },
    'faults.ts',
    ...['--log-level', 'debug', '--timeout', '1', '--workers', '1'],
  );
  const secrets = `Authorization: Bearer ${canary}\r\nCookie: session=${canary}\r\nX-Api-Key: ${canary}\r\n`;
  const secretRequest = (path: string, more = '') =>
    exchange(
      gateway.port,
      `GET ${path} HTTP/1.1\r\nHost: a\r\n${secrets}${more}Connection: close\r\n\r\n`,
    );
  expect(await secretRequest('/')).toMatch(/ 200 /);
  expect(await secretRequest('/fail')).toMatch(/ 500 /);
  expect(await secretRequest('/', `X-Malformed: ${canary}\u0000\r\n`)).toMatch(/ 400 /);
  expect(await secretRequest('/', `X-Malformed ${canary}\r\n`)).toMatch(/ 400 /);
  expect(await secretRequest('/', `X-Long: ${canary.repeat(1000)}\r\n`)).toMatch(/ 431 /);
  expect(await secretRequest('/', `Expect: ${canary}\r\n`)).toMatch(/ 417 /);
  await expect.poll(() => gateway.access).toHaveLength(6);
  await secretRequest('/block');
  expect(await gateway.line(/is blocked/)).toHaveProperty('requests.0.target', '/block');
  await gateway.lines(/is ready/, 2);
  gateway.signal('SIGHUP');
  await gateway.lines(/is ready/, 3);
  gateway.signal('SIGTERM');
  await gateway.exited;
  const everything = JSON.stringify([gateway.log, gateway.access, gateway.errorText]);
  expect(everything).toContain('planted: the application fails');
  expect(everything).not.toContain(canary);
  expect(gateway.outputText).toBe('');
});
