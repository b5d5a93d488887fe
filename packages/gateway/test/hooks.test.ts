import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HOOK_NAMES } from '../src/hooks.ts';
import { temporaryFolder } from '../../wsgi/test/temporary-folder.ts';
import { configFile } from './config-file.ts';
import { APPLICATIONS, GatewayProcess, type Running } from './gateway-process.ts';
import { get } from './get.ts';

test('every server hook is called, in the process that it belongs to', async () => {
  const record = join(temporaryFolder(), 'hooks');
  const file = configFile(`
    import { appendFileSync } from 'node:fs';
    const note = (name) => (...args) => appendFileSync(${JSON.stringify(record)}, name + ' ' + process.pid + '\\n');
    export default Object.fromEntries(${JSON.stringify(HOOK_NAMES)}.map((name) => [name, note(name)]));
  `);
  const gateway = await GatewayProcess.startOne('behaviours.ts', '-c', file);
  const { text: worker } = await get(gateway);
  gateway.signal('SIGTTIN');
  gateway.signal('SIGHUP');
  await gateway.lines(/is ready/, 3);
  process.kill(gateway.workerPids.at(-1) ?? 0, 'SIGABRT');
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
  const gateway = await GatewayProcess.startOne('behaviours.ts', '-c', file);
  expect(await gateway.line(/hook preFork failed/)).toMatchObject({ err: { message: 'planted' } });
});

test.for<[name: string, how: string, hook: string]>([
  ['preRequest', 'throws', `preRequest() { throw new Error('planted'); }`],
  ['preRequest', 'rejects', `async preRequest() { throw new Error('planted'); }`],
  ['postRequest', 'throws', `postRequest() { throw new Error('planted'); }`],
  ['postRequest', 'rejects', `async postRequest() { throw new Error('planted'); }`],
])('a hook %s that %s is logged, and the request is answered', async ([name, , hook]) => {
  const gateway = await GatewayProcess.startOne(
    'behaviours.ts',
    '-c',
    configFile(`export default { ${hook} };`),
  );
  const { text: pid, status } = await get(gateway);
  expect(status).toBe(200);
  expect(await gateway.line(new RegExp(`hook ${name} failed`))).toMatchObject({
    err: { message: 'planted' },
  });
  expect((await get(gateway)).text).toBe(pid);
});

test('an onExit that never ends is ended by another signal', async () => {
  const file = configFile('export default { onExit: () => new Promise(() => {}) };');
  const gateway = await GatewayProcess.startOne('behaviours.ts', '-c', file);
  gateway.signal('SIGTERM');
  await gateway.line(/has exited/);
  gateway.signal('SIGINT');
  expect(await gateway.exited).toBe(0);
});

test('onReload ends before the first worker is replaced, and sees the new settings', async () => {
  const settings = (backlog: number): string => `export default {
    backlog: ${backlog},
    async onReload({ config, log }) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      log.info('reloading with ' + config.backlog);
    },
  };`;
  const file = configFile(settings(100));
  const gateway = await GatewayProcess.startOne('behaviours.ts', '-c', file);
  writeFileSync(file, settings(200));
  gateway.signal('SIGHUP');
  await gateway.line(/worker 2 is ready/);
  const told = gateway.log.map(({ msg }) => msg);
  expect(told.indexOf('reloading with 200')).toBeGreaterThan(0);
  expect(told.indexOf('reloading with 200')).toBeLessThan(
    told.findIndex((msg) => msg.startsWith('worker 2')),
  );
});

test('nworkersChanged is told of the first number of workers, too', async () => {
  const file = configFile(`export default {
    nworkersChanged: (arbiter, workers, before) => arbiter.log.info('from ' + before + ' to ' + workers),
  };`);
  const gateway = await GatewayProcess.startOne('behaviours.ts', '-c', file);
  await gateway.line(/from undefined to 1/);
  gateway.signal('SIGTTIN');
  await gateway.line(/from 1 to 2/);
});

const AWAITED = ['onStarting', 'postFork', 'postWorkerInit', 'workerExit', 'onExit'];

test('hooks that are awaited end before what comes after them', async () => {
  const file = configFile(`
    const note = (name) => async ({ log }) => {
      log.info(name + ' begins');
      await new Promise((resolve) => setTimeout(resolve, 50));
      log.info(name + ' ends');
    };
    export default Object.fromEntries(${JSON.stringify(AWAITED)}.map((name) => [name, note(name)]));
  `);
  const gateway = await GatewayProcess.startOne('behaviours.ts', '-c', file);
  gateway.signal('SIGTERM');
  await gateway.exited;
  const told = gateway.log.map(({ msg }) => msg.replace(/ \(pid.*| at http.*/, ''));
  expect(told.filter((msg) => / (?:begins|ends|is ready|has exited)/.test(msg))).toEqual([
    'onStarting begins',
    'onStarting ends',
    'postFork begins',
    'postFork ends',
    'postWorkerInit begins',
    'postWorkerInit ends',
    'worker 1 is ready',
    'workerExit begins',
    'workerExit ends',
    'worker 1 has exited: exit code 0',
    'onExit begins',
    'onExit ends',
  ]);
});

/** Closes what it must in so many milliseconds. */
function closesIn(ms: number): string {
  return configFile(`export default {
    async workerExit({ log }) {
      log.info('closing');
      await new Promise((resolve) => setTimeout(resolve, ${ms}));
      log.info('closed');
    },
  };`);
}

test.for<[when: string, end: (gateway: Running) => unknown]>([
  ['a reload', (gateway) => gateway.signal('SIGHUP')],
  ['a TERM of its own', (gateway) => process.kill(gateway.workerPids[0] ?? 0, 'SIGTERM')],
  ['an INT of its own', (gateway) => process.kill(gateway.workerPids[0] ?? 0, 'SIGINT')],
  ['an uncaught error', (gateway) => get(gateway, '/throw')],
])('workerExit is awaited after %s, and runs once', async ([, end]) => {
  const gateway = await GatewayProcess.startOne('behaviours.ts', '-c', closesIn(200));
  await end(gateway);
  await gateway.line(/worker 1 has exited/);
  const told = gateway.log.map(({ msg }) => msg);
  expect(told.filter((msg) => msg.startsWith('clos'))).toEqual(['closing', 'closed']);
  expect(told.indexOf('closed')).toBeLessThan(
    told.findIndex((msg) => msg.startsWith('worker 1 has exited')),
  );
});

test('workerExit is awaited where the application cannot be loaded', async () => {
  const words = ['--workers', '1', '-c', closesIn(200), join(APPLICATIONS, 'throws-at-import.ts')];
  const gateway = new GatewayProcess(['--bind', '127.0.0.1:0', ...words]);
  expect(await gateway.exited).toBe(3);
  expect(gateway.log.map(({ msg }) => msg)).toContain('closed');
});

test.for<[name: string, signal: NodeJS.Signals, told: string]>([
  ['TERM', 'SIGTERM', 'graceful-timeout (0.5 s) is over: the hook workerExit has not finished'],
  ['INT', 'SIGINT', 'the time after SIGQUIT (0.5 s) is over: the hook workerExit has not finished'],
])('a workerExit that never ends holds no %s up, and the log says so', async ([, signal, told]) => {
  const words = ['-c', closesIn(60_000), '--graceful-timeout', '0.5'];
  const gateway = await GatewayProcess.startOne('behaviours.ts', ...words);
  gateway.signal(signal);
  expect(await gateway.exited).toBe(0);
  const msgs = gateway.log.map(({ msg }) => msg);
  expect(msgs).toContain(told);
  expect(msgs).toContain('worker 1 has exited: exit code 0');
});

test('a hook that is no function is refused', async () => {
  const file = configFile('export default { preRequest: 3 };');
  const gateway = new GatewayProcess(['-c', file, join(APPLICATIONS, 'behaviours.ts')]);
  expect(await gateway.exited).toBe(1);
  expect(gateway.errorText).toContain(`preRequest is 3 in ${file}: expected a function.`);
});
