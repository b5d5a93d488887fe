import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../load/temporary-folder.ts';
import { configFile } from './config-file.ts';
import { APPLICATIONS, GatewayProcess } from './gateway-process.ts';
import { get } from './get.ts';
import { untilGone } from './until-gone.ts';

test('HUP replaces every worker, one after the other', async () => {
  const gateway = await GatewayProcess.start('behaviours.ts');
  const before = gateway.workerPids;
  gateway.signal('SIGHUP');
  await gateway.lines(/is ready/, 4);
  await untilGone(before);
  expect(before.map(String)).not.toContain((await get(gateway)).text);
});

test('HUP onto broken code keeps the workers from before, and says why', async () => {
  const file = join(temporaryFolder(), 'application.ts');
  copyFileSync(join(APPLICATIONS, 'behaviours.ts'), file);
  const gateway = await GatewayProcess.start(file);
  const before = gateway.workerPids.map(String);
  const working = readFileSync(file, 'utf8');
  writeFileSync(file, 'export const application = ;');
  gateway.signal('SIGHUP');
  await gateway.line(/reload given up/);
  expect(before).toContain((await get(gateway)).text);
  expect(gateway.log.filter(({ level }) => level === 'fatal')).toHaveLength(1);

  writeFileSync(file, working);
  gateway.signal('SIGHUP');
  await gateway.lines(/is ready/, 4);
  await expect.poll(async () => (await get(gateway)).text).not.toBe(before[0]);
});

test('TTIN adds a worker and TTOU takes one away, down to one', async () => {
  const gateway = await GatewayProcess.start('behaviours.ts');
  gateway.signal('SIGTTIN');
  await gateway.lines(/is ready/, 3);
  gateway.signal('SIGTTOU');
  await gateway.lines(/has exited/, 1);
  gateway.signal('SIGTTOU');
  await gateway.lines(/has exited/, 2);
  gateway.signal('SIGTTOU');
  await gateway.lines(/SIGTTOU received/, 3);
  await get(gateway);
});

test('USR1 reopens log files after they were moved away', async () => {
  const log = join(temporaryFolder(), 'access.log');
  const gateway = await GatewayProcess.startOne('behaviours.ts', '--access-logfile', log);
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
  const gateway = await GatewayProcess.startOne('behaviours.ts');
  gateway.signal('SIGUSR2');
  await gateway.line(/not replaced in place/);
  await gateway.line(/worker 2 is ready/);
});

test('WINCH stops the workers and HUP brings them back', async () => {
  const gateway = await GatewayProcess.startOne('behaviours.ts');
  gateway.signal('SIGWINCH');
  await gateway.line(/worker 1 has exited/);
  gateway.signal('SIGHUP');
  await gateway.line(/worker 2 is ready/);
  expect((await get(gateway)).status).toBe(200);
});

test('HUP reads the settings file again; one that is broken changes nothing', async () => {
  const file = configFile('export default { workers: 1, limitRequestLine: 4000 };');
  const gateway = new GatewayProcess([
    '--bind',
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
