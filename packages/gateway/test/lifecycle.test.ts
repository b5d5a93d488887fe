import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../wsgi/test/temporary-folder.ts';
import { GatewayProcess, type Running } from './gateway-process.ts';
import { get, hold } from './get.ts';
import { RawClient } from './raw-client.ts';
import { untilGone } from './until-gone.ts';

/** What a loaded CI machine may add to a figure. */
const SLOW_MACHINE_MS = 5000;

test('TERM lets 50 requests in flight complete, exits with 0 and leaves nothing behind', async () => {
  const gateway = await GatewayProcess.start('behaviours.ts');
  const answers = Array.from({ length: 50 }, () => get(gateway, '/sleep/1000'));
  await gateway.printed(/sleep/, 50);
  gateway.signal('SIGTERM');
  const pids = gateway.workerPids.map(String);
  for (const { text } of await Promise.all(answers)) expect(pids).toContain(text);
  expect(await gateway.exited).toBe(0);
  await untilGone(gateway.workerPids);
});

test('TERM cuts no connection that still waits to be accepted', async () => {
  const gateway = await GatewayProcess.startOne('behaviours.ts');
  const busy = get(gateway, '/busy/1000');
  await gateway.printed(/busy/);
  const clients = await Promise.all(
    Array.from({ length: 50 }, () => RawClient.connect(gateway.port)),
  );
  // Served while others wait to be accepted, they would take longer than those can be waited for.
  for (const client of clients) client.send('GET /busy/50 HTTP/1.1\r\nHost: a\r\n\r\n');
  gateway.signal('SIGTERM');
  const answers = await Promise.all(clients.map((client) => client.untilClosed()));
  expect(answers.filter((answer) => answer.startsWith('HTTP/1.1 200'))).toHaveLength(50);
  expect((await busy).status).toBe(200);
});

test('TERM cuts no connection while another worker is still starting', async () => {
  const go = join(temporaryFolder(), 'go');
  writeFileSync(go, '');
  const gateway = await GatewayProcess.startIn(
    { STARTS_WITH: go },
    'slow-start.ts',
    '--workers',
    '1',
  );
  rmSync(go);
  gateway.signal('SIGTTIN');
  const children = () => childrenOf(gateway.child.pid ?? 0);
  await expect.poll(children).toHaveLength(2);
  const starting = children().find((pid) => !gateway.workerPids.includes(pid)) ?? 0;
  // So that it has the listening socket for a while yet.
  process.kill(starting, 'SIGSTOP');
  gateway.signal('SIGTERM');
  const answers: string[] = [];
  for (;;) {
    const client = await RawClient.connect(gateway.port).catch(() => undefined);
    if (client === undefined) break;
    client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    answers.push((await client.untilClosed()).slice(0, 12));
  }
  expect(new Set(answers)).toEqual(new Set(['HTTP/1.1 200']));
  expect(await gateway.exited).toBe(0);
});

function childrenOf(pid: number): number[] {
  const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return list.split(' ').filter(Boolean).map(Number);
}

test.for<NodeJS.Signals>(['SIGINT', 'SIGQUIT'])(
  '%s stops at once, with exit code 0',
  async (signal) => {
    const gateway = await GatewayProcess.start('behaviours.ts');
    const cut = expect(get(gateway, '/sleep/60000')).rejects.toThrow();
    await gateway.printed(/sleep/);
    gateway.signal(signal);
    await cut;
    expect(await gateway.exited).toBe(0);
    await untilGone(gateway.workerPids);
  },
);

test('SIGINT ends a worker that is stopped, whatever its timeout', async () => {
  const gateway = await GatewayProcess.startOne('behaviours.ts', '--timeout', '0');
  process.kill(gateway.workerPids[0] ?? 0, 'SIGSTOP');
  const startedAtMs = performance.now();
  gateway.signal('SIGINT');
  expect(await gateway.exited).toBe(0);
  expect(performance.now() - startedAtMs).toBeLessThan(2000 + SLOW_MACHINE_MS);
});

test('requests that outlast the graceful timeout are cut, and the log tells which', async () => {
  const gateway = await GatewayProcess.startOne('behaviours.ts', '--graceful-timeout', '0.5');
  const cut = expect(get(gateway, '/sleep/60000')).rejects.toThrow();
  await gateway.printed(/sleep/);
  gateway.signal('SIGTERM');
  await cut;
  expect(await gateway.exited).toBe(0);
  const told = gateway.log.map(({ msg }) => msg);
  expect(told).toContain('graceful-timeout (0.5 s) is over: connections are still open');
  expect(await gateway.line(/has exited/)).toMatchObject(CUT_ONE);
});

const CUT_ONE = {
  level: 'warn',
  msg: 'worker 1 has exited: exit code 0; requests that it cut: 1',
  requests: [{ method: 'GET', target: '/sleep/60000', request_id: expect.any(String) }],
};

test.for<NodeJS.Signals>(['SIGINT', 'SIGQUIT'])(
  'requests that %s cuts are in the log',
  async (signal) => {
    const gateway = await GatewayProcess.startOne('behaviours.ts');
    const cut = expect(get(gateway, '/sleep/60000')).rejects.toThrow();
    await gateway.printed(/sleep/);
    gateway.signal(signal);
    await cut;
    expect(await gateway.exited).toBe(0);
    expect(gateway.log.find(({ msg }) => msg.includes('has exited'))).toMatchObject(CUT_ONE);
  },
);

test.for<[what: string, end: (gateway: Running) => unknown, how: string, cut: string[]]>([
  [
    'process.exit in a view',
    (gateway) => expect(get(gateway, '/exit/7')).rejects.toThrow(),
    'exit code 7',
    ['/exit/7', '/sleep/60000'],
  ],
  [
    'a TERM that it claimed',
    (gateway) => kill(gateway, 'SIGTERM'),
    'exit code 0',
    ['/sleep/60000'],
  ],
])(
  'a worker that ends by %s takes requests with it, and the log tells which',
  async ([, end, how, cut]) => {
    const gateway = await GatewayProcess.startOne('claims-term.ts');
    const lost = expect(get(gateway, '/sleep/60000')).rejects.toThrow();
    await gateway.printed(/sleep/);
    await end(gateway);
    await lost;
    const line = await gateway.line(/worker 1 died/);
    expect(line.msg).toBe(`worker 1 died: ${how}; requests that it cut: ${cut.length}`);
    const requests = line['requests'] as { target: string; seconds: number }[];
    expect(requests.map(({ target }) => target).toSorted()).toEqual(cut);
    expect(requests[0]).toMatchObject({ method: 'GET', seconds: expect.any(Number) });
  },
);

test('of a worker that was killed the log tells how many requests it had at its last heartbeat', async () => {
  const gateway = await GatewayProcess.startOne('behaviours.ts');
  const lost = expect(get(gateway, '/sleep/60000')).rejects.toThrow();
  await gateway.printed(/sleep/);
  // A heartbeat comes each second.
  await setTimeout(1500);
  kill(gateway, 'SIGKILL');
  await lost;
  expect((await gateway.line(/worker 1 died/)).msg).toBe(
    'worker 1 died: SIGKILL; requests in flight at its last heartbeat: 1',
  );
});

function kill(gateway: Running, signal: NodeJS.Signals): void {
  process.kill(gateway.workerPids.at(-1) ?? 0, signal);
}

test('a thousand requests that an exit cuts are counted, and the oldest told', async () => {
  const gateway = await GatewayProcess.startOne('behaviours.ts');
  const target = `/sleep/60000?${'x'.repeat(3000)}`;
  const lost = Array.from({ length: 1000 }, () => get(gateway, target).catch(() => undefined));
  await gateway.printed(/sleep/, 1000);
  await get(gateway, '/exit/7').catch(() => undefined);
  await Promise.all(lost);
  const line = await gateway.line(/worker 1 died/);
  expect(line.msg).toBe('worker 1 died: exit code 7; requests that it cut: 1001');
  expect(line['requests']).toHaveLength(20);
});

test('with every worker killed under load no connection is refused, and service is soon back', async () => {
  const gateway = await GatewayProcess.start('behaviours.ts');
  const refusals: string[] = [];
  let isOver = false;
  const load = Array.from({ length: 8 }, async () => {
    while (!isOver) {
      const client = await RawClient.connect(gateway.port).catch((error: Error) => {
        refusals.push(error.message);
        return undefined;
      });
      client?.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      await client?.untilClosed();
      // Else the clients alone keep a processor busy, which new workers need.
      await setTimeout(5);
    }
  });
  await setTimeout(300);
  for (const pid of gateway.workerPids) process.kill(pid, 'SIGKILL');
  const killedAt = performance.now();
  await gateway.lines(/is ready/, 4);
  await get(gateway);
  expect(performance.now() - killedAt).toBeLessThan(2000 + SLOW_MACHINE_MS);
  isOver = true;
  await Promise.all(load);
  expect(refusals).toEqual([]);
});

test('workers go when their arbiter was killed', async () => {
  const gateway = await GatewayProcess.start('behaviours.ts');
  gateway.kill();
  await untilGone(gateway.workerPids);
});

test('a blocked worker is replaced within its timeout + 1 s, and one line has the stack and the requests', async () => {
  const gateway = await GatewayProcess.startOne('behaviours.ts', '--timeout', '2');
  const other = expect(get(gateway, '/sleep/60000')).rejects.toThrow();
  await gateway.printed(/sleep/);
  const cut = expect(get(gateway, '/block')).rejects.toThrow();
  const blockedAt = performance.now();
  const line = await gateway.line(/is blocked/);
  await Promise.all([cut, other]);
  await gateway.lines(/is ready/, 2);
  expect(performance.now() - blockedAt).toBeLessThan(3000 + SLOW_MACHINE_MS);
  expect(line.msg).toMatch(/blocked for over 2 s at application .*behaviours\.ts:\d+:\d+/);
  expect(line['worker']).toBe(1);
  expect(line['stack']).toMatch(/^ +at application .*behaviours\.ts/);
  expect(line['requests']).toMatchObject([
    { method: 'GET', target: '/sleep/60000', request_id: expect.any(String) },
    { method: 'GET', target: '/block', seconds: expect.any(Number) },
  ]);
  await get(gateway);
});

test('a worker blocked outside JavaScript is replaced too, and the log says where it is not', async () => {
  const gateway = await GatewayProcess.startOne('behaviours.ts', '--timeout', '1');
  const cut = expect(get(gateway, '/native')).rejects.toThrow();
  await gateway.line(/outside JavaScript/);
  await cut;
  await gateway.lines(/is ready/, 2);
  await get(gateway);
});

test('a worker whose whole process is stopped is replaced', async () => {
  const gateway = await GatewayProcess.startOne('behaviours.ts', '--timeout', '1');
  process.kill(gateway.workerPids[0] ?? 0, 'SIGSTOP');
  await gateway.line(/is stuck: killed/);
  await gateway.lines(/is ready/, 2);
  await get(gateway);
});

test('a worker that was stopped for a while and goes on is left alone', async () => {
  const gateway = await GatewayProcess.startOne('behaviours.ts', '--timeout', '2');
  const [pid = 0] = gateway.workerPids;
  process.kill(pid, 'SIGSTOP');
  await setTimeout(3000);
  process.kill(pid, 'SIGCONT');
  await setTimeout(1000);
  expect((await get(gateway)).text).toBe(String(pid));
});

test('a blocked worker does not outlive an arbiter that was killed', async () => {
  const gateway = await GatewayProcess.startOne('behaviours.ts');
  const cut = expect(get(gateway, '/block')).rejects.toThrow();
  await gateway.printed(/block/);
  gateway.kill();
  const killedAt = performance.now();
  await cut;
  await untilGone(gateway.workerPids);
  expect(performance.now() - killedAt).toBeLessThan(1000 + SLOW_MACHINE_MS);
});

test('an error that nobody catches ends its worker after the requests in flight', async () => {
  const gateway = await GatewayProcess.startOne('behaviours.ts');
  const [pid] = gateway.workerPids;
  const slow = get(gateway, '/sleep/500');
  await gateway.printed(/sleep/);
  await get(gateway, '/throw');
  expect((await slow).text).toBe(String(pid));
  expect(await gateway.line(/^uncaught error/)).toMatchObject({
    worker: 1,
    requests: [{ request_id: expect.any(String), target: '/sleep/500' }],
  });
  await gateway.lines(/is ready/, 2);
  expect((await get(gateway)).text).not.toBe(String(pid));
});

test.for(['an uncaught error', 'SIGTERM'])(
  'a worker that leaves because of %s is replaced before its requests are over',
  async (reason) => {
    const gateway = await GatewayProcess.startOne('behaviours.ts');
    const [pid = 0] = gateway.workerPids;
    const held = hold(gateway);
    await gateway.printed(/read/);
    if (reason === 'SIGTERM') process.kill(pid, 'SIGTERM');
    else await get(gateway, '/throw');
    await gateway.lines(/is ready/, 2);
    expect((await get(gateway)).text).not.toBe(String(pid));
    expect(gateway.log.filter(({ msg }) => /has exited/.test(msg))).toEqual([]);
    expect((await gateway.line(/worker 1 leaves/)).msg).toContain(reason);
    held.release();
    expect((await held.answer).text).toBe(String(pid));
  },
);

test('an arbiter that is stopped for longer than it waits for a worker kills nobody when it wakes', async () => {
  const gateway = await GatewayProcess.start('behaviours.ts', '--timeout', '2');
  gateway.signal('SIGSTOP');
  for (let second = 0; second < 6; second++) {
    await setTimeout(1000);
    await get(gateway);
  }
  gateway.signal('SIGCONT');
  await setTimeout(1000);
  expect(gateway.log.filter(({ msg }) => msg.includes('killed'))).toEqual([]);
});
