import { join } from 'node:path';
import { expect, test, type TestContext } from 'vitest';
import { APPLICATIONS, GatewayProcess, type Running } from '../gateway-process.ts';
import { get } from '../get.ts';
import { MemoryGroup } from '../memory-group.ts';

const WORDS = ['--bind', '127.0.0.1:0', '--workers', '1', join(APPLICATIONS, 'faults.ts')];

/** A gateway with one worker in a container, as far as memory goes. */
function startWithin(mebibytes: number, { skip }: TestContext): Promise<Running> {
  const group = MemoryGroup.make(mebibytes);
  skip(group === undefined, 'only root can make a group of processes');
  return new GatewayProcess(WORDS, {}, undefined, {}, group?.through).untilReady(1);
}

test('a worker that is killed for want of memory is told so, one that somebody kills is not', async (context) => {
  const gateway = await startWithin(400, context);
  const cut = expect(get(gateway, '/fill')).rejects.toThrow();
  expect((await gateway.line(/worker 1 died/)).msg).toMatch(
    /^worker 1 died: SIGKILL, as the container ran out of memory; requests in flight at/,
  );
  await cut;
  await gateway.line(/worker 2 is ready/);
  process.kill(gateway.workerPids[1] ?? 0, 'SIGKILL');
  expect((await gateway.line(/worker 2 died/)).msg).toMatch(/^worker 2 died: SIGKILL; requests/);
});

test('TTIN adds no worker that there is no memory for, and the log says the numbers', async (context) => {
  const gateway = await startWithin(500, context);
  for (let more = 1; more < 20; more++) {
    gateway.signal('SIGTTIN');
    // The kernel makes one of several that wait.
    await gateway.lines(/SIGTTIN received/, more);
  }
  const { level, msg } = await gateway.line(/no worker is added/);
  expect(level).toBe('warn');
  expect(msg).toMatch(
    /: \d workers of \d{2,3} MiB each, as they take now, and \d+ MiB of the arbiter are more than the 500 MiB that there are$/,
  );
  const [count = ''] = /\d+/.exec(msg) ?? [];
  await gateway.lines(/is ready/, Number(count) - 1);
  expect((await get(gateway, '/')).status).toBe(200);
  expect(gateway.log.filter(({ msg: text }) => text.includes('died'))).toEqual([]);
});
