import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HOOK_NAMES } from '../src/hooks.ts';
import { temporaryFolder } from '../../wsgi/test/temporary-folder.ts';
import { configFile } from './config-file.ts';
import { APPLICATIONS, GatewayProcess } from './gateway-process.ts';
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

test('a hook that is no function is refused', async () => {
  const file = configFile('export default { preRequest: 3 };');
  const gateway = new GatewayProcess(['-c', file, join(APPLICATIONS, 'behaviours.ts')]);
  expect(await gateway.exited).toBe(1);
  expect(gateway.errorText).toContain(`preRequest is 3 in ${file}: expected a function.`);
});
