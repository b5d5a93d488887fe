import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ENDING_SIGNALS, SIGNALS } from '../src/arbiter/signals.ts';
import { temporaryFolder } from '../../wsgi/test/temporary-folder.ts';
import { configFile } from './config-file.ts';
import { APPLICATIONS, GatewayProcess } from './gateway-process.ts';
import { get, hold } from './get.ts';
import { untilGone } from './until-gone.ts';

const SLEEP = 'await new Promise((resolve) => setTimeout(resolve, 500))';
const TELLS_PLANTED = `export function application(environ, startResponse) {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return [Buffer.from(process.env.PLANTED ?? '')];
}`;

test('HUP replaces every worker, one after the other', async () => {
  const gateway = await GatewayProcess.start('behaviours.ts');
  const before = gateway.workerPids;
  gateway.signal('SIGHUP');
  await gateway.lines(/is ready/, 4);
  await untilGone(before);
  expect(before.map(String)).not.toContain((await get(gateway)).text);
});

test('HUP cuts no request of an application that ends at TERM by itself', async () => {
  const gateway = await GatewayProcess.startOne('claims-term.ts');
  const held = hold(gateway);
  await gateway.printed(/read/);
  gateway.signal('SIGHUP');
  await gateway.line(/worker 2 is ready/);
  await expect.poll(async () => (await get(gateway)).text).toBe(String(gateway.workerPids[1]));
  held.release();
  expect((await held.answer).text).toBe(String(gateway.workerPids[0]));
  await gateway.line(/worker 1 has exited: exit code 0$/);
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

test('HUP again while the canary starts takes no worker away', async () => {
  const file = join(temporaryFolder(), 'application.ts');
  copyFileSync(join(APPLICATIONS, 'behaviours.ts'), file);
  const gateway = await GatewayProcess.startOne(file);
  const [pid] = gateway.workerPids;
  writeFileSync(file, `console.log('importing'); ${SLEEP}; throw new Error('planted');`);
  gateway.signal('SIGHUP');
  await gateway.printed(/importing/);
  gateway.signal('SIGHUP');
  await gateway.line(/reload given up/);
  expect((await get(gateway)).text).toBe(String(pid));
});

test('a reload that is given up brings the settings back, too', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'application.ts');
  copyFileSync(join(APPLICATIONS, 'behaviours.ts'), file);
  const settings = configFile('export default { gracefulTimeout: 9 };');
  const gateway = await GatewayProcess.start(file, '--config', settings);
  const working = readFileSync(file, 'utf8');
  writeFileSync(file, 'export const application = ;');
  writeFileSync(settings, 'export default { gracefulTimeout: 0.1 };');
  gateway.signal('SIGHUP');
  await gateway.line(/reload given up/);
  writeFileSync(file, working);
  process.kill(gateway.workerPids[0] ?? 0, 'SIGKILL');
  await gateway.lines(/is ready/, 3);
  const held = hold(gateway);
  await gateway.printed(/read/);
  gateway.signal('SIGTERM');
  await gateway.line(/SIGTERM received/);
  await setTimeout(500);
  held.release();
  expect((await held.answer).status).toBe(200);
});

test('workers from before a reload keep the graceful timeout that they started with', async () => {
  const file = configFile('export default { gracefulTimeout: 9 };');
  const gateway = await GatewayProcess.startOne('behaviours.ts', '--config', file);
  const held = hold(gateway);
  await gateway.printed(/read/);
  writeFileSync(file, 'export default { gracefulTimeout: 0.1 };');
  gateway.signal('SIGHUP');
  await gateway.line(/worker 2 is ready/);
  await setTimeout(500);
  held.release();
  expect((await held.answer).status).toBe(200);
});

test('HUP gives new workers the new environment, and tells what it cannot change', async () => {
  const file = configFile("export default { rawEnv: ['PLANTED=one'] };");
  const application = join(temporaryFolder(), 'application.ts');
  writeFileSync(application, TELLS_PLANTED);
  const gateway = await GatewayProcess.startOne(application, '--config', file);
  writeFileSync(file, "export default { rawEnv: ['PLANTED=two'], umask: '077' };");
  gateway.signal('SIGHUP');
  expect((await gateway.line(/only by a restart/)).msg).toMatch(/^a change of umask /);
  await gateway.lines(/has exited/, 1);
  expect((await get(gateway)).text).toBe('two');
  writeFileSync(file, 'export default {};');
  gateway.signal('SIGHUP');
  await gateway.lines(/has exited/, 2);
  expect((await get(gateway)).text).not.toBe('two');
});

test('signals are heeded while the settings file waits for something', async () => {
  const file = configFile('export default {};');
  const gateway = await GatewayProcess.startOne('behaviours.ts', '--config', file);
  writeFileSync(file, "console.log('waiting'); await new Promise(() => {}); export default {};");
  gateway.signal('SIGHUP');
  await gateway.printed(/waiting/);
  gateway.signal('SIGTERM');
  expect(await gateway.exited).toBe(0);
});

test('HUP during the start is a reload after it', async () => {
  const file = configFile(
    `export default { async onStarting() { console.log('starting'); ${SLEEP}; } };`,
  );
  const application = join(APPLICATIONS, 'behaviours.ts');
  const gateway = new GatewayProcess([
    '--bind',
    '127.0.0.1:0',
    '--workers',
    '1',
    '--config',
    file,
    application,
  ]);
  await gateway.printed(/starting/);
  gateway.signal('SIGHUP');
  await gateway.line(/is ready/);
});

const STARTS_SLOWLY = `console.log('reading'); ${SLEEP}; export default {};`;

test.for([...ENDING_SIGNALS])(
  '%s while the settings are read ends the gateway as later',
  async (signal) => {
    const words = ['--config', configFile(STARTS_SLOWLY), join(APPLICATIONS, 'behaviours.ts')];
    const gateway = new GatewayProcess(['--bind', '127.0.0.1:0', ...words]);
    await gateway.printed(/reading/);
    gateway.signal(signal);
    expect(await gateway.exited).toBe(0);
    expect(gateway.log).toEqual([]);
  },
);

test('other signals while the settings are read neither end, stop nor open the gateway', async () => {
  const words = ['--config', configFile(STARTS_SLOWLY), join(APPLICATIONS, 'behaviours.ts')];
  const gateway = new GatewayProcess(['--bind', '127.0.0.1:0', '--workers', '1', ...words]);
  await gateway.printed(/reading/);
  for (const signal of SIGNALS) if (!ENDING_SIGNALS.has(signal)) gateway.signal(signal);
  await gateway.line(/worker 1 is ready/);
  expect(gateway.errorText).toBe('');
});

test('USR1 and HUP to a worker that starts neither end it nor open the inspector', async () => {
  const application = join(temporaryFolder(), 'application.ts');
  writeFileSync(application, `console.log('pid', process.pid); ${SLEEP}; ${TELLS_PLANTED}`);
  const gateway = new GatewayProcess(['--bind', '127.0.0.1:0', '--workers', '1', application]);
  await gateway.printed(/pid/);
  const pid = Number(/pid (\d+)/.exec(gateway.outputText)?.[1]);
  process.kill(pid, 'SIGUSR1');
  process.kill(pid, 'SIGHUP');
  await gateway.line(/worker 1 is ready/);
  expect(gateway.errorText).toBe('');
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
  await gateway.line(/one worker is the least/);
  await get(gateway);
});

test('TTOU adds no worker where there should be none', async () => {
  const gateway = await GatewayProcess.startOne('behaviours.ts');
  gateway.signal('SIGWINCH');
  await gateway.line(/worker 1 has exited/);
  gateway.signal('SIGTTOU');
  await gateway.line(/SIGTTOU received/);
  gateway.signal('SIGTERM');
  await gateway.exited;
  expect(gateway.log.filter(({ msg }) => /has exited/.test(msg))).toHaveLength(1);
});

test('USR1 changes nothing, and opens no inspector', async () => {
  const gateway = await GatewayProcess.startOne('behaviours.ts');
  const [worker = 0] = gateway.workerPids;
  gateway.signal('SIGUSR1');
  process.kill(worker, 'SIGUSR1');
  await gateway.line(/SIGUSR1 received/);
  expect((await get(gateway)).text).toBe(String(worker));
  gateway.signal('SIGTERM');
  expect(await gateway.exited).toBe(0);
  expect(gateway.errorText).toBe('');
});

test('USR2 replaces the workers, and says why the arbiter stays', async () => {
  const gateway = await GatewayProcess.startOne('behaviours.ts');
  gateway.signal('SIGUSR2');
  await gateway.line(/not replaced in place/);
  await gateway.line(/worker 2 is ready/);
});

test.for<NodeJS.Signals>(['SIGTERM', 'SIGINT', 'SIGQUIT'])(
  'a worker that gets %s of its own is replaced, and the log names it',
  async (signal) => {
    const gateway = await GatewayProcess.startOne('behaviours.ts');
    process.kill(gateway.workerPids[0] ?? 0, signal);
    expect(await gateway.line(/worker 1 leaves/)).toMatchObject({
      level: 'error',
      msg: `worker 1 leaves: ${signal}`,
    });
    await gateway.line(/worker 2 is ready/);
  },
);

test('a worker that gets INT while it starts is told of by the signal', async () => {
  const application = join(temporaryFolder(), 'application.ts');
  writeFileSync(application, `console.log('pid', process.pid); ${SLEEP}; ${TELLS_PLANTED}`);
  const gateway = new GatewayProcess(['--bind', '127.0.0.1:0', '--workers', '1', application]);
  await gateway.printed(/pid/);
  process.kill(Number(/pid (\d+)/.exec(gateway.outputText)?.[1]), 'SIGINT');
  expect((await gateway.line(/could not start/)).msg).toBe('worker 1 could not start: SIGINT');
});

test.for<NodeJS.Signals>(['SIGTERM', 'SIGINT', 'SIGQUIT'])(
  "%s to the whole process group is the arbiter's alone to tell",
  async (signal) => {
    const words = ['--bind', '127.0.0.1:0', '--workers', '2', join(APPLICATIONS, 'behaviours.ts')];
    const gateway = new GatewayProcess(words, {}, undefined, { detached: true });
    await gateway.lines(/is ready/, 2);
    process.kill(-(gateway.child.pid ?? 0), signal);
    expect(await gateway.exited).toBe(0);
    expect(gateway.log.map(({ msg }) => msg.replace(/\d/, 'N')).slice(-3)).toEqual([
      `${signal} received`,
      'worker N has exited: exit code 0',
      'worker N has exited: exit code 0',
    ]);
  },
);

test('WINCH stops the workers and HUP brings them back', async () => {
  const gateway = await GatewayProcess.startOne('behaviours.ts');
  gateway.signal('SIGWINCH');
  await gateway.line(/HUP starts workers again/);
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
  const { msg } = await gateway.line(/reload given up/);
  expect(msg).toBe(
    `reload given up: workers is -1 in ${file}: expected a whole number, at least 1.`,
  );
});
