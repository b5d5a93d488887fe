import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../wsgi/test/temporary-folder.ts';
import { configFile } from './config-file.ts';
import { APPLICATIONS, GatewayProcess } from './gateway-process.ts';

test('a unix socket is made without the bits of the umask', async () => {
  const path = join(temporaryFolder(), 'socket');
  await GatewayProcess.start('behaviours.ts', '--bind', `unix:${path}`, '--umask', '007');
  expect(statSync(path).mode & 0o777).toBe(0o770);
});

test('a gateway that waits for its address leaves at once', async () => {
  const first = await GatewayProcess.startOne('five-lines.ts');
  const address = `127.0.0.1:${first.port}`;
  const second = new GatewayProcess(['--bind', address, join(APPLICATIONS, 'five-lines.ts')]);
  await second.line(/is in use: trying again/);
  second.signal('SIGTERM');
  expect(await second.exited).toBe(0);
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
