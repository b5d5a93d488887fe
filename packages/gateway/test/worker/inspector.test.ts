import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { Debugger } from '../../../wsgi/test/debugger.ts';
import { freePort } from '../../../wsgi/test/free-port.ts';
import { APPLICATIONS, GatewayProcess, type Through } from '../gateway-process.ts';
import { get, hold } from '../get.ts';

const ARGS = ['--bind', '127.0.0.1:0', '--workers', '1', join(APPLICATIONS, 'behaviours.ts')];

async function attach(port: number): Promise<Debugger> {
  const found = await Debugger.attach(port);
  if (found === undefined) throw new Error(`no inspector at ${port}`);
  onTestFinished(() => found.close());
  return found;
}

test('a worker at a breakpoint is not taken for blocked, however long it stands there', async () => {
  const port = await freePort();
  const inspect = ['--inspect', `127.0.0.1:${port}`];
  const gateway = await GatewayProcess.startOne('behaviours.ts', '--timeout', '1', ...inspect);
  const eyes = await attach(port);
  await eyes.send('Debugger.enable');
  await eyes.send('Debugger.pause');
  const answer = get(gateway);
  await eyes.told('Debugger.paused');
  // The watchdog would end it after 1 s, and the arbiter 2 s later.
  await setTimeout(4500);
  await eyes.send('Debugger.resume');
  expect(await answer).toMatchObject({ status: 200, text: String(gateway.workerPids[0]) });
  expect(gateway.log.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
});

test('once no debugger can be there any more, a blocked worker is ended again', async () => {
  const port = await freePort();
  const inspect = ['--inspect', `127.0.0.1:${port}`];
  const gateway = await GatewayProcess.startOne('behaviours.ts', '--timeout', '1', ...inspect);
  const eyes = await attach(port);
  await eyes.evaluate("setTimeout(() => process.getBuiltinModule('node:inspector').close(), 1)");
  await expect.poll(() => Debugger.attach(port)).toBeUndefined();
  // A heartbeat tells it.
  await setTimeout(1500);
  const cut = expect(get(gateway, '/block')).rejects.toThrow();
  await gateway.line(/worker 1 is blocked for over 1 s/);
  await cut;
});

test('the inspector is that of the worker, and of the next one after a reload', async () => {
  const port = await freePort();
  const inspect = ['--inspect', `127.0.0.1:${port}`];
  const gateway = await GatewayProcess.startOne('behaviours.ts', ...inspect);
  const first = await attach(port);
  expect(await first.evaluate('process.pid')).toBe(gateway.workerPids[0]);
  // It finishes this one, and has the inspector no longer.
  const { answer, release } = hold(gateway);
  await gateway.printed(/read/);
  gateway.signal('SIGHUP');
  await gateway.line(/worker 2 is ready/);
  const pidAt = async (): Promise<unknown> => {
    const eyes = await Debugger.attach(port);
    const pid = await eyes?.evaluate('process.pid');
    eyes?.close();
    return pid;
  };
  await expect.poll(pidAt, { timeout: 10_000 }).toBe(gateway.workerPids[1]);
  release();
  expect(await answer).toMatchObject({ status: 200 });
  await gateway.line(/worker 1 has exited/);
  expect(gateway.errorText).not.toContain('failed');
});

test.for<[where: string, how: (option: string) => { env?: NodeJS.ProcessEnv; through?: Through }]>([
  [
    'in NODE_OPTIONS',
    (option) => ({ env: { NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} ${option}` } }),
  ],
  ['on the command line', (option) => ({ through: ['sh', '-c', `exec "$0" ${option} "$@"`] })],
])('--inspect of the parent, %s, is not its children’s', async ([, how]) => {
  const port = await freePort();
  const { env, through } = how(`--inspect=127.0.0.1:${port}`);
  const gateway = new GatewayProcess(ARGS, env, undefined, {}, through);
  await gateway.untilReady(1);
  const eyes = await attach(port);
  expect(await eyes.evaluate('process.pid')).toBe(gateway.child.pid);
  expect(gateway.errorText.match(/Debugger listening|Starting inspector/g)).toHaveLength(1);
});

/** The TCP ports at which a process listens (proc(5), `net/tcp`). */
function listeningPorts(pid: number): number[] {
  const folder = `/proc/${pid}/fd`;
  const inodes = readdirSync(folder).map((fd) => /\d+/.exec(readlinkSync(join(folder, fd)))?.[0]);
  const rows = ['tcp', 'tcp6'].flatMap((name) =>
    readFileSync(`/proc/${pid}/net/${name}`, 'utf8').trim().split('\n').slice(1),
  );
  return rows.flatMap((row) => {
    const [, local = '', , state, , , , , , inode] = row.trim().split(/\s+/);
    return state === '0A' && inodes.includes(inode) ? Number(`0x${local.split(':').at(-1)}`) : [];
  });
}

test('without --inspect no process listens but for clients, whatever signal comes', async () => {
  const gateway = await GatewayProcess.start('behaviours.ts');
  const pids = [gateway.child.pid ?? 0, ...gateway.workerPids];
  for (const pid of pids) process.kill(pid, 'SIGUSR1');
  await gateway.line(/SIGUSR1 received/);
  await get(gateway);
  for (const pid of pids) expect(listeningPorts(pid)).toEqual([gateway.port]);
});
