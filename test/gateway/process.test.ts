import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';
import { configFile } from './config-file.ts';
import { APPLICATIONS, GatewayProcess } from './gateway-process.ts';
import { get } from './get.ts';

const PROCESS = join(import.meta.dirname, '../../src/gateway/process.ts');

test('the pid file holds the arbiter while it lives, and guards it', async () => {
  const pidfile = join(temporaryFolder(), 'pid');
  const gateway = await GatewayProcess.startOne('behaviours.ts', '--pid', pidfile);
  expect(readFileSync(pidfile, 'utf8')).toBe(`${gateway.child.pid}\n`);
  const second = new GatewayProcess([
    '--bind',
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
  const path = join(temporaryFolder(), 'socket');
  await GatewayProcess.start('behaviours.ts', '--bind', `unix:${path}`, '--umask', '007');
  expect(statSync(path).mode & 0o777).toBe(0o770);
});

test('a unix socket belongs to the user and group of the workers', async ({ skip }) => {
  skip(process.getuid?.() !== 0, 'only root can give it to another');
  const path = join(temporaryFolder(), 'socket');
  const owner = ['--user', '65534', '--group', '65534'];
  await GatewayProcess.startOne('behaviours.ts', '--bind', `unix:${path}`, ...owner);
  expect(statSync(path)).toMatchObject({ uid: 65_534, gid: 65_534 });
});

test('a gateway that waits for its address leaves at once, and takes its pid file with it', async () => {
  const first = await GatewayProcess.startOne('five-lines.ts');
  const pidfile = join(temporaryFolder(), 'pid');
  const address = `127.0.0.1:${first.port}`;
  const second = new GatewayProcess([
    ...['--pid', pidfile, '--bind', address],
    join(APPLICATIONS, 'five-lines.ts'),
  ]);
  await second.line(/is in use: trying again/);
  second.signal('SIGTERM');
  expect(await second.exited).toBe(0);
  expect(existsSync(pidfile)).toBe(false);
});

test('no message shows what an environment variable is set to', async () => {
  const args = ['-e', 'DB_PASSWORD=hunter2', '-e', 'OOPS', join(APPLICATIONS, 'five-lines.ts')];
  const gateway = new GatewayProcess(args);
  expect(await gateway.exited).toBe(1);
  expect(gateway.errorText).toContain(
    'rawEnv is ["DB_PASSWORD=…","OOPS"] in the command line: expected NAME=VALUE.',
  );
});

test('the settings file beside the application is found where chdir leads', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'app.mjs'), 'export const application = () => [];');
  writeFileSync(join(folder, 'gateway.config.mjs'), 'export default { timeout: 17 };');
  const gateway = new GatewayProcess(['--print-config', '--chdir', folder, 'app.mjs']);
  expect(await gateway.exited).toBe(0);
  expect(gateway.outputText).toContain(`timeout = 17  (${join(folder, 'gateway.config.mjs')})`);
});

test('workers run as the user and group they are told', async () => {
  const gateway = await GatewayProcess.startOne(
    'behaviours.ts',
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

test('who is the user already needs no rights to be it', async () => {
  const script = `
    import { dropPrivileges } from ${JSON.stringify(PROCESS)};
    if (process.getuid() === 0) { process.setgid(65534); process.setuid(65534); }
    const [user, group] = [process.getuid(), process.getgid()];
    dropPrivileges({ user, group });
    try { dropPrivileges({ user: user + 1, group }); } catch (error) { console.log(error.message); }
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  expect(await text(child.stdout)).toMatch(
    /^user is \d+: only root may change to another\..*EPERM/,
  );
});
