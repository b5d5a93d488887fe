import {
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HOOK_NAMES } from '../../src/gateway/hooks.ts';
import { APPLICATIONS, GatewayProcess } from './gateway-process.ts';
import { RawClient } from './raw-client.ts';

type Running = Awaited<ReturnType<typeof GatewayProcess.start>>;

async function get(
  gateway: Running,
  path = '/pid',
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  const sent = request({ port: gateway.port, path, headers, agent: false }).end();
  const [response] = await once(sent, 'response');
  let text = '';
  for await (const piece of response) text += String(piece);
  return { status: response.statusCode, text };
}

async function environOf(gateway: Running, path = '/', headers: Record<string, string> = {}) {
  const { text } = await get(gateway, path, headers);
  return JSON.parse(text) as Record<string, unknown>;
}

function folder(): string {
  return mkdtempSync(join(tmpdir(), 'gateway-'));
}

function configFile(text: string): string {
  const file = join(folder(), 'gateway.config.ts');
  writeFileSync(file, text);
  return file;
}

test.for<[what: string, args: string[], reason: RegExp]>([
  ['so many requests', ['--max-requests', '3'], /it has served \d+ requests/],
  ['so long', ['--max-worker-lifetime', '1'], /it is 1 s old/],
  ['too much memory', ['--max-worker-memory', '1'], /it takes \d+ MiB/],
])(
  'a worker is replaced after %s, by one that is ready before it goes',
  async ([, args, reason]) => {
    const gateway = await GatewayProcess.start('behaviours.ts', '--workers', '1', ...args);
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

test('a request that takes too long gets 503, its signal aborts, and the worker lives', async () => {
  const gateway = await GatewayProcess.start(
    'behaviours.ts',
    '--workers',
    '1',
    '--request-timeout',
    '1',
  );
  const { text: pid } = await get(gateway);
  expect((await get(gateway, '/hang')).status).toBe(503);
  expect(await gateway.line(/it took too long/)).toMatchObject({ target: '/hang' });
  await gateway.line(/the signal aborted/);
  expect((await get(gateway)).text).toBe(pid);
});

test('beyond the limit of requests in flight the answer is 503 with Retry-After, and then all is well again', async () => {
  const gateway = await GatewayProcess.start(
    'behaviours.ts',
    '--workers',
    '1',
    '--limit-in-flight',
    '3',
  );
  const slow = Array.from({ length: 3 }, () => get(gateway, '/sleep/1500'));
  await expect.poll(() => get(gateway).then(({ status }) => status)).toBe(503);
  const response = await fetch(`http://127.0.0.1:${gateway.port}/pid`);
  expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '1']);
  expect((await Promise.all(slow)).map(({ status }) => status)).toEqual([200, 200, 200]);
  expect((await get(gateway)).status).toBe(200);
  await expect
    .poll(() => gateway.access)
    .toContainEqual(expect.objectContaining({ status: 503, reason: 'overloaded', target: '/pid' }));
});

test('while the event loop is late requests are answered 503', async () => {
  const gateway = await GatewayProcess.start(
    'behaviours.ts',
    '--workers',
    '1',
    '--limit-queue-delay',
    '0.2',
  );
  const blocking = get(gateway, '/busy/1000');
  const behind = Promise.all([get(gateway), get(gateway), get(gateway)]);
  await blocking;
  expect((await behind).map(({ status }) => status)).toContain(503);
  await expect.poll(() => get(gateway).then(({ status }) => status)).toBe(200);
});

test('USR1 reopens log files after they were moved away', async () => {
  const log = join(folder(), 'access.log');
  const gateway = await GatewayProcess.start(
    'behaviours.ts',
    '--workers',
    '1',
    '--access-logfile',
    log,
  );
  await get(gateway, '/first');
  await expect.poll(() => readFileSync(log, 'utf8')).toMatch(/first/);
  renameSync(log, `${log}.1`);
  gateway.signal('SIGUSR1');
  await expect.poll(() => existsSync(log)).toBe(true);
  await get(gateway, '/second');
  await expect.poll(() => readFileSync(log, 'utf8')).toMatch(/second/);
  expect(readFileSync(`${log}.1`, 'utf8')).not.toMatch(/second/);
});

test('USR2 replaces the workers, and says why the arbiter stays', async () => {
  const gateway = await GatewayProcess.start('behaviours.ts', '--workers', '1');
  gateway.signal('SIGUSR2');
  await gateway.line(/not replaced in place/);
  await gateway.line(/worker 2 is ready/);
});

test('WINCH stops the workers and HUP brings them back', async () => {
  const gateway = await GatewayProcess.start('behaviours.ts', '--workers', '1');
  gateway.signal('SIGWINCH');
  await gateway.line(/worker 1 has exited/);
  gateway.signal('SIGHUP');
  await gateway.line(/worker 2 is ready/);
  expect((await get(gateway)).status).toBe(200);
});

test('HUP reads the settings file again; one that is broken changes nothing', async () => {
  const file = configFile('export default { workers: 1, limitRequestLine: 4000 };');
  const gateway = new GatewayProcess([
    '-b',
    '127.0.0.1:0',
    '-c',
    file,
    join(APPLICATIONS, 'behaviours.ts'),
  ]);
  await gateway.line(/worker 1 is ready/);
  writeFileSync(file, 'export default { workers: 2 };');
  gateway.signal('SIGHUP');
  await gateway.lines(/is ready/, 3);
  writeFileSync(file, 'export default { workers: -1 };');
  gateway.signal('SIGHUP');
  expect(await gateway.line(/reload given up: the settings/)).toMatchObject({
    err: { message: expect.stringMatching(/workers is -1/) },
  });
});

test('every server hook is called, in the process that it belongs to', async () => {
  const record = join(folder(), 'hooks');
  const file = configFile(`
    import { appendFileSync } from 'node:fs';
    const note = (name) => (...args) => appendFileSync(${JSON.stringify(record)}, name + ' ' + process.pid + '\\n');
    export default Object.fromEntries(${JSON.stringify(HOOK_NAMES)}.map((name) => [name, note(name)]));
  `);
  const gateway = await GatewayProcess.start('behaviours.ts', '--workers', '1', '-c', file);
  const { text: worker } = await get(gateway);
  gateway.signal('SIGTTIN');
  gateway.signal('SIGHUP');
  await gateway.lines(/is ready/, 3);
  process.kill(
    Number(
      /\(pid (\d+)/.exec(gateway.log.findLast(({ msg }) => /is ready/.test(msg))?.msg ?? '')?.[1],
    ),
    'SIGABRT',
  );
  await gateway.line(/died/);
  gateway.signal('SIGINT');
  expect(await gateway.exited).toBe(0);
  const calls = readFileSync(record, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  expect(new Set(calls.map(([name]) => name))).toEqual(new Set(HOOK_NAMES));
  const arbiter = String(gateway.child.pid);
  expect(calls.find(([name]) => name === 'onStarting')).toEqual(['onStarting', arbiter]);
  expect(calls.find(([name]) => name === 'preRequest')).toEqual(['preRequest', worker]);
});

test('a hook that throws is logged and changes nothing', async () => {
  const file = configFile(`export default { preFork() { throw new Error('planted'); } };`);
  const gateway = await GatewayProcess.start('behaviours.ts', '--workers', '1', '-c', file);
  expect(await gateway.line(/hook preFork failed/)).toMatchObject({ err: { message: 'planted' } });
});

test('the pid file holds the arbiter while it lives, and guards it', async () => {
  const pidfile = join(folder(), 'pid');
  const gateway = await GatewayProcess.start('behaviours.ts', '--workers', '1', '--pid', pidfile);
  expect(readFileSync(pidfile, 'utf8')).toBe(`${gateway.child.pid}\n`);
  const second = new GatewayProcess([
    '-b',
    '127.0.0.1:0',
    '--pid',
    pidfile,
    join(APPLICATIONS, 'behaviours.ts'),
  ]);
  expect(await second.exited).toBe(1);
  expect(second.errorText).toMatch(/belongs to process \d+, which is running/);
  gateway.signal('SIGTERM');
  await gateway.exited;
  expect(existsSync(pidfile)).toBe(false);
});

test('a unix socket is made without the bits of the umask', async () => {
  const path = join(folder(), 'socket');
  await GatewayProcess.start('behaviours.ts', '--bind', `unix:${path}`, '--umask', '007');
  expect(statSync(path).mode & 0o777).toBe(0o770);
});

test('workers run as the user and group they are told', async () => {
  const gateway = await GatewayProcess.start(
    'behaviours.ts',
    '--workers',
    '1',
    '--user',
    '65534',
    '--group',
    '65534',
  );
  const { text: pid } = await get(gateway);
  expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(
    /^Uid:\t65534\t65534[^]*^Gid:\t65534\t65534[^]*^Groups:\t65534 $/m,
  );
});

test('--print-config tells each setting with where it comes from', async () => {
  const file = configFile('export default { timeout: 12 };');
  const gateway = new GatewayProcess([
    '--print-config',
    '-c',
    file,
    '-w',
    '3',
    join(APPLICATIONS, 'behaviours.ts'),
  ]);
  expect(await gateway.exited).toBe(0);
  expect(gateway.outputText).toContain('workers = "3"  (the command line)');
  expect(gateway.outputText).toContain(`timeout = 12  (${file})`);
  expect(gateway.outputText).toContain('backlog = 2048  (the defaults)');
});

test('environment, working directory and mount point reach the application', async () => {
  const directory = folder();
  const gateway = await GatewayProcess.start(
    'environ.ts',
    '--workers',
    '1',
    '-e',
    'PLANTED=a=b',
    '--chdir',
    directory,
    '--root-path',
    '/shop',
  );
  expect(await environOf(gateway, '/shop/cart')).toMatchObject({
    SCRIPT_NAME: '/shop',
    PATH_INFO: '/cart',
    cwd: directory,
    planted: 'a=b',
  });
  expect(await environOf(gateway, '/shopping')).toMatchObject({ PATH_INFO: '/shopping' });
});

test('only trusted peers are believed about the scheme and the request id', async () => {
  const headers = { 'X-Forwarded-Proto': 'https', 'X-Request-ID': 'given' };
  const trusting = await GatewayProcess.start('environ.ts', '--workers', '1');
  const believed = { 'wsgi.url_scheme': 'https', 'gateway.request_id': 'given' };
  expect(await environOf(trusting, '/', headers)).toMatchObject(believed);
  const wary = await GatewayProcess.start(
    'environ.ts',
    '--workers',
    '1',
    '--forwarded-allow-ips',
    '192.0.2.0/24',
  );
  expect(await environOf(wary, '/', headers)).toMatchObject({ 'wsgi.url_scheme': 'http' });
  expect(await environOf(wary, '/', headers)).not.toMatchObject({ 'gateway.request_id': 'given' });
});

test('a proxy that contradicts itself about the scheme is refused', async () => {
  const gateway = await GatewayProcess.start('environ.ts', '--workers', '1');
  const headers = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-SSL': 'off' };
  expect((await get(gateway, '/', headers)).status).toBe(400);
});

test.for<[map: string, status: number, text: RegExp]>([
  ['drop', 200, /^(?!.*SPOOF)/],
  ['refuse', 400, /underscore/],
  ['dangerous', 200, /"HTTP_X_SPOOF":"planted"/],
])('--header-map %s', async ([map, status, text]) => {
  const gateway = await GatewayProcess.start('environ.ts', '--workers', '1', '--header-map', map);
  expect(await get(gateway, '/', { x_spoof: 'planted' })).toEqual({
    status,
    text: expect.stringMatching(text),
  });
});

test('a trusted peer may say where the application is mounted', async () => {
  const gateway = await GatewayProcess.start('environ.ts', '--workers', '1');
  expect(await environOf(gateway, '/', { SCRIPT_NAME: '/shop' })).toMatchObject({
    SCRIPT_NAME: '/shop',
  });
});

test('a PROXY protocol header of an allowed peer gives the client its address', async () => {
  const gateway = await GatewayProcess.start(
    'environ.ts',
    '--workers',
    '1',
    '--proxy-protocol',
    'auto',
  );
  const client = await RawClient.connect(gateway.port);
  client.send(
    'PROXY TCP4 192.0.2.1 198.51.100.1 12345 80\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  );
  expect(await client.untilClosed()).toMatch(/"REMOTE_ADDR":"192.0.2.1"[^]*"REMOTE_PORT":"12345"/);

  const bare = await RawClient.connect(gateway.port);
  bare.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(await bare.untilClosed()).toMatch(/^HTTP\/1.1 400 /);
});

test('other peers are not heard where a PROXY protocol header is expected', async () => {
  const args = ['--proxy-protocol', 'v1', '--proxy-allow-from', '192.0.2.0/24'];
  const gateway = await GatewayProcess.start('environ.ts', '--workers', '1', ...args);
  const client = await RawClient.connect(gateway.port);
  client.send('PROXY TCP4 192.0.2.1 198.51.100.1 12345 80\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(await client.untilClosed()).toBe('');
});

test('the access log may have the format of Gunicorn, and what a client sends cannot break it', async () => {
  const log = join(folder(), 'access.log');
  const format =
    '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(m)s %(U)s %(q)s %(s)s %(b)s %(B)s "%(f)s" "%(a)s" %(T)s %(L)s %(p)s %({X-Planted}i)s %({content-type}o)s %({SERVER_PROTOCOL}e)s %({nothing}i)s';
  const gateway = await GatewayProcess.start(
    'behaviours.ts',
    '--workers',
    '1',
    '--access-logfile',
    log,
    '--access-logformat',
    format,
  );
  const { text: pid } = await get(gateway, '/pid?a=b', {
    Authorization: `Basic ${Buffer.from('ann:secret').toString('base64')}`,
    'User-Agent': '" 200 forged "',
    'X-Planted': 'seen',
  });
  const line =
    /^127\.0\.0\.1 - ann \[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET \/pid\?a=b HTTP\/1\.1" GET \/pid a=b 200 (\d+) \1 "-" "\\" 200 forged \\"" 0 0\.\d{6} <(\d+)> seen text\/plain HTTP\/1\.1 -\n$/;
  await expect.poll(() => readFileSync(log, 'utf8')).toMatch(line);
  expect(line.exec(readFileSync(log, 'utf8'))?.[2]).toBe(pid);
});

test('a format with an atom that nobody knows is refused', async () => {
  const gateway = new GatewayProcess([
    '--access-logformat',
    '%(h)s %(z)s',
    join(APPLICATIONS, 'behaviours.ts'),
  ]);
  expect(await gateway.exited).toBe(1);
  expect(gateway.errorText).toContain('%(z)s');
});
