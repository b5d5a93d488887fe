import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { APPLICATIONS, GatewayProcess } from '../../packages/gateway/test/gateway-process.ts';
import { isLong, printFigures } from './figures.ts';
import { Front, needsFront } from './front.ts';
import { servedIds, type Entry } from './history.ts';
import { Load } from './load.ts';
import { isGone } from './process-facts.ts';

const ECHO = join(import.meta.dirname, 'echo.ts');
const BEHAVIOURS = join(APPLICATIONS, 'behaviours.ts');
/** As GatewayProcess starts. */
const WORKERS = 2;
const KILLS = isLong ? 20 : 5;
/** nginx may use a connection of a dead process for so long, until it has seen it close. */
const UNSEEN_MS = 100;

test('killed workers cost no GET, and no POST but those they had in flight', async (context) => {
  needsFront(context);
  const gateway = await GatewayProcess.start(ECHO);
  const front = await Front.start(gateway.port);
  const load = new Load({ port: front.port, connections: 64, pauseMs: 30, delayMs: 10 });
  const killedAtMs: number[] = [];
  const backAfterMs: number[] = [];
  for (let kill = 1; kill <= KILLS; kill++) {
    await setTimeout(300);
    // The oldest one that lives.
    const victim = gateway.workerPids.at(-WORKERS) ?? 0;
    killedAtMs.push(performance.now());
    process.kill(victim, 'SIGKILL');
    await gateway.lines(/is ready/, WORKERS + kill);
    backAfterMs.push(performance.now() - (killedAtMs.at(-1) ?? 0));
  }
  await setTimeout(300);
  const history = await load.stop();
  gateway.signal('SIGTERM');
  await gateway.exited;
  const served = servedIds(gateway.access);
  const slowestMs = Math.round(Math.max(...backAfterMs));
  const posts = history.bad.filter(({ method }) => method === 'POST');
  printFigures(`${KILLS} workers killed`, {
    ...history.figures,
    'bad GETs': history.bad.length - posts.length,
    'bad POSTs': posts.length,
    'slowest back ms': slowestMs,
  });
  expect(history.bad.filter(({ method }) => method === 'GET')).toEqual([]);
  expect(posts.filter(({ status }) => status !== 502)).toEqual([]);
  expect(posts.filter((post) => !killedAtMs.some((atMs) => wasInFlight(post, atMs)))).toEqual([]);
  expect(posts.filter(({ id }) => served.includes(id))).toEqual([]);
  expect(history.repeatedPosts(served)).toEqual([]);
  expect(slowestMs).toBeLessThan(2000);
});

function wasInFlight({ startedAtMs, endedAtMs }: Entry, atMs: number): boolean {
  return startedAtMs <= atMs + UNSEEN_MS && endedAtMs >= atMs;
}

test.for(['exit/7', 'grow'])(
  'a GET of /%s, which ends its worker, is tried once more, and takes no third worker with it',
  async (path, context) => {
    needsFront(context);
    const memory = { NODE_OPTIONS: '--max-old-space-size=64' };
    const gateway = await GatewayProcess.startIn(memory, BEHAVIOURS, '--workers', '4');
    const front = await Front.start(gateway.port);
    const request = (target: string, method = 'GET') =>
      fetch(`http://127.0.0.1:${front.port}${target}`, { method });
    // nginx keeps a connection for each, and what comes next takes one of them.
    await Promise.all(Array.from({ length: 16 }, () => request('/sleep/100')));
    const posts = Array.from({ length: 8 }, () => request('/sleep/3000/post', 'POST'));
    await gateway.printed(/post/, posts.length);
    const answer = await request(`/${path}`);
    const statuses = (await Promise.all(posts)).map(({ status }) => status);
    await gateway.lines(/is ready/, 6);
    const died = gateway.log.filter(({ msg }) => /worker \d+ died/.test(msg)).length;
    const served = () => gateway.access.filter(({ target }) => String(target).endsWith('post'));
    const good = statuses.filter((status) => status === 200).length;
    printFigures(`GET /${path}`, { 'workers died': died, POSTs: posts.length, 'good POSTs': good });
    expect(answer.status).toBe(502);
    expect(died).toBe(2);
    await expect.poll(() => served().length).toBe(good);
    expect(statuses.filter((status) => status !== 200 && status !== 502)).toEqual([]);
  },
);

test('TERM lets 50 requests of 2 s complete, exits with 0 and leaves nothing behind', async () => {
  const gateway = await GatewayProcess.start(BEHAVIOURS);
  const pids = gateway.workerPids;
  const answers = Array.from({ length: 50 }, async () => {
    const response = await fetch(`http://127.0.0.1:${gateway.port}/sleep/2000`);
    return Number(await response.text());
  });
  await gateway.printed(/sleep/, 50);
  gateway.signal('SIGTERM');
  const served = await Promise.all(answers);
  const exitCode = await gateway.exited;
  const orphans = pids.filter((pid) => !isGone(pid));
  printFigures('TERM', {
    complete: served.filter((pid) => pids.includes(pid)).length,
    'exit code': exitCode,
    orphans: orphans.length,
  });
  expect(served.filter((pid) => pids.includes(pid))).toHaveLength(50);
  expect(exitCode).toBe(0);
  expect(orphans).toEqual([]);
});
