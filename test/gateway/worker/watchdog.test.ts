import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../temporary-folder.ts';
import { APPLICATIONS, GatewayProcess } from '../gateway-process.ts';
import { get } from '../get.ts';

test('a blocked worker whose application makes stacks of its own is told with its stack', async () => {
  const gateway = await GatewayProcess.startOne('odd-stacks.ts', '--timeout', '1');
  const cut = expect(get(gateway, '/block')).rejects.toThrow();
  expect((await gateway.line(/is blocked/)).msg).toMatch(/over 1 s at application .*odd-stacks/);
  await cut;
});

test('a blocked worker is told of on standard error where its user may not open the log', async ({
  skip,
}) => {
  skip(process.getuid?.() !== 0, 'only root can give up its rights');
  const log = join(temporaryFolder(), 'error.log');
  writeFileSync(log, '', { mode: 0o600 });
  const gateway = new GatewayProcess([
    ...['--bind', '127.0.0.1:0', '--workers', '1', '--timeout', '1', '--error-logfile', log],
    ...['--user', '65534', '--group', '65534', join(APPLICATIONS, 'behaviours.ts')],
  ]);
  await expect.poll(() => readFileSync(log, 'utf8')).toMatch(/is ready/);
  const port = Number(/at http:\/\/127\.0\.0\.1:(\d+)/.exec(readFileSync(log, 'utf8'))?.[1]);
  void fetch(`http://127.0.0.1:${port}/block`).catch(() => undefined);
  expect((await gateway.line(/is blocked/)).msg).toMatch(/over 1 s at application .*behaviours/);
});

test('a blocked worker that cannot say where is told still', async () => {
  const gateway = await GatewayProcess.startOne('odd-stacks.ts', '--timeout', '1');
  const cut = expect(get(gateway, '/frozen')).rejects.toThrow();
  expect((await gateway.line(/is blocked/)).msg).toMatch(/is blocked for over 1 s$/);
  await cut;
});
