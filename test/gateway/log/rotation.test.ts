import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../temporary-folder.ts';
import { APPLICATIONS, GatewayProcess } from '../gateway-process.ts';
import { get } from '../get.ts';

const SOON = { timeout: 10_000 };

/** A folder that every user may look into. */
function logFolder(): string {
  const folder = join(temporaryFolder(), 'logs');
  mkdirSync(folder);
  chmodSync(join(folder, '..'), 0o755);
  return folder;
}

function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

test('a log file that cannot be opened again stays the one from before, and the log says so', async () => {
  const folder = logFolder();
  const access = join(folder, 'access.log');
  const gateway = await GatewayProcess.startOne('behaviours.ts', '--access-logfile', access);
  renameSync(folder, `${folder}.old`);
  gateway.signal('SIGUSR1');
  // The arbiter, and its worker.
  for (const line of await gateway.lines(/stays the one from before/, 2)) {
    expect(line).toMatchObject({ level: 'error', msg: expect.stringContaining(access) });
  }
  expect((await get(gateway)).status).toBe(200);
  const moved = join(`${folder}.old`, 'access.log');
  await expect.poll(() => textOf(moved), SOON).toContain('"target":"/pid"');
});

test('a log file that cannot be opened again keeps no other from it', async () => {
  const [errors, access] = [logFolder(), logFolder()];
  const gateway = new GatewayProcess([
    ...['--bind', '127.0.0.1:0', '--workers', '1'],
    ...['--error-logfile', join(errors, 'error.log'), '--access-logfile', join(access, 'a.log')],
    join(APPLICATIONS, 'behaviours.ts'),
  ]);
  await expect.poll(() => textOf(join(errors, 'error.log')), SOON).toContain('is ready');
  renameSync(errors, `${errors}.old`);
  renameSync(join(access, 'a.log'), join(access, 'a.log.1'));
  gateway.signal('SIGUSR1');
  await expect.poll(() => existsSync(join(access, 'a.log')), SOON).toBe(true);
  expect(gateway.child.exitCode).toBe(null);
});
