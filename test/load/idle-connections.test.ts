import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { GatewayProcess } from '../../packages/gateway/test/gateway-process.ts';
import { isLong, printFigures } from './figures.ts';
import { Load } from './load.ts';
import { privateKibibytes } from './process-facts.ts';

const ECHO = join(import.meta.dirname, 'echo.ts');
/** Garbage is shared among them, so they must be many also in the short form. */
const COUNT = isLong ? 10_000 : 2000;
const KEEP_ALIVE_SECONDS = '600';

test('idle connections that have been served cost little, and are served again', async () => {
  const args = ['--keep-alive', KEEP_ALIVE_SECONDS];
  const gateway = await GatewayProcess.startOne(ECHO, ...args);
  const warmUp = new Load({ port: gateway.port, connections: 8, pauseMs: 1, requestsMax: 5000 });
  await warmUp.ended();
  const [worker = 0] = gateway.workerPids;
  const before = privateKibibytes(worker);

  const file = new URL('idle-clients-process.ts', import.meta.url);
  const clients = fork(file, [String(gateway.port), String(COUNT)]);
  onTestFinished(() => void clients.kill('SIGKILL'));
  const [served] = (await once(clients, 'message')) as [number];
  const kibibytes = (privateKibibytes(worker) - before) / COUNT;
  clients.send('again');
  const [servedAgain] = (await once(clients, 'message')) as [number];

  printFigures(`${COUNT} idle connections`, {
    'KiB each': Math.round(kibibytes * 10) / 10,
    served,
    'served again': servedAgain,
  });
  expect({ served, servedAgain }).toEqual({ served: COUNT, servedAgain: COUNT });
  expect(kibibytes).toBeLessThanOrEqual(15);
});
