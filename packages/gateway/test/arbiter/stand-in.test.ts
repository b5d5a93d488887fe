import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../wsgi/test/temporary-folder.ts';
import { configFile } from '../config-file.ts';
import { APPLICATIONS, GatewayProcess, type Running } from '../gateway-process.ts';
import { get } from '../get.ts';
import { observed, reportOf } from '../metrics/ask.ts';
import { RawClient } from '../raw-client.ts';
import { untilGone } from '../until-gone.ts';

/** What a loaded CI machine may add to a figure. */
const SLOW_MACHINE_MS = 8000;
const APPLICATION = join(APPLICATIONS, 'behaviours.ts');

async function expectUnavailable(gateway: Running, method = 'GET'): Promise<void> {
  const startedAtMs = performance.now();
  const sent = request({ port: gateway.port, method, agent: false }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  expect(performance.now() - startedAtMs).toBeLessThan(2000 + SLOW_MACHINE_MS);
  expect(response.statusCode).toBe(503);
  expect(response.headers).toMatchObject({
    'content-type': 'text/plain',
    'retry-after': '1',
    connection: 'close',
  });
  expect(await text(response)).toMatch(method === 'HEAD' ? /^$/ : /^Service Unavailable/);
}

/** Service is back by itself. */
async function expectServiceAgain(gateway: Running): Promise<void> {
  await gateway.line(/a worker serves/);
  // What answered 503 hears of it a moment later.
  const standIns = () => gateway.access.filter(({ status }) => status === 503);
  await expect.poll(standIns).not.toEqual([]);
  await untilGone(standIns().map(({ pid }) => Number(pid)));
  const answers = await Promise.all(Array.from({ length: 20 }, () => get(gateway)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
}

test('where WINCH has stopped the workers each request gets 503, until HUP starts some', async () => {
  const gateway = await observed('behaviours.ts', '--workers', '1');
  gateway.signal('SIGWINCH');
  await gateway.line(/worker 1 has exited/);
  for (const method of ['GET', 'HEAD', 'POST']) await expectUnavailable(gateway, method);
  expect(await reportOf(gateway)).toMatchObject({ workers: [], workersWanted: 0 });
  await expect.poll(() => gateway.access.map(({ status }) => status)).toEqual([503, 503, 503]);
  gateway.signal('SIGHUP');
  await expectServiceAgain(gateway);
  gateway.signal('SIGTERM');
  expect(await gateway.exited).toBe(0);
});

test('while workers cannot start any more each request gets 503, and once they can it is served', async () => {
  const file = join(temporaryFolder(), 'application.ts');
  const working = `export { application } from ${JSON.stringify(APPLICATION)};`;
  writeFileSync(file, working);
  const gateway = await GatewayProcess.start(file);
  writeFileSync(file, `throw new Error('planted: no database');`);
  for (const pid of gateway.workerPids) process.kill(pid, 'SIGKILL');
  await expectUnavailable(gateway);
  await gateway.lines(/could not start/, 2);
  await expectUnavailable(gateway);
  writeFileSync(file, working);
  await expectServiceAgain(gateway);
});

/** Settings with which a worker gets ready only once that file is there. */
function waitsFor(file: string): string {
  return `import { existsSync } from 'node:fs';
  export default {
    async postWorkerInit() {
      console.log('waiting');
      while (!existsSync(${JSON.stringify(file)})) await new Promise((resolve) => setTimeout(resolve, 20));
    },
  };`;
}

test('while the first workers wait for something each request gets 503', async () => {
  const file = join(temporaryFolder(), 'database');
  const words = ['--workers', '1', '-c', configFile(waitsFor(file)), APPLICATION];
  const gateway = await new GatewayProcess(['--bind', '127.0.0.1:0', ...words]).untilReady(0);
  // Before the first process listens the system refuses.
  await gateway.line(/no worker serves/);
  await expectUnavailable(gateway);
  writeFileSync(file, '');
  await expectServiceAgain(gateway);
});

test('while a reload waits and the workers from before are gone each request gets 503', async () => {
  const file = join(temporaryFolder(), 'database');
  const settings = configFile('export default {};');
  const gateway = await GatewayProcess.startOne('behaviours.ts', '-c', settings);
  writeFileSync(settings, waitsFor(file));
  gateway.signal('SIGHUP');
  await gateway.printed(/waiting/);
  process.kill(gateway.workerPids[0] ?? 0, 'SIGKILL');
  await expectUnavailable(gateway);
  writeFileSync(file, '');
  await expectServiceAgain(gateway);
});

test('an application that cannot be loaded ends the gateway, also after a request got 503', async () => {
  const file = join(temporaryFolder(), 'application.ts');
  const late = `await new Promise((resolve) => setTimeout(resolve, 8000));`;
  writeFileSync(file, `${late} throw new Error('planted');`);
  const words = ['--bind', '127.0.0.1:0', '--workers', '1', file];
  const gateway = await new GatewayProcess(words).untilReady(0);
  await gateway.line(/no worker serves/);
  await expectUnavailable(gateway);
  // It resolves only once nobody holds its output any more.
  expect(await gateway.exited).toBe(3);
});

test('a connection that is idle when a worker serves again is closed soon', async () => {
  const gateway = await GatewayProcess.startOne('behaviours.ts');
  gateway.signal('SIGWINCH');
  await gateway.line(/no worker serves/);
  const client = await RawClient.connect(gateway.port);
  gateway.signal('SIGHUP');
  await gateway.line(/a worker serves/);
  const servedAtMs = performance.now();
  expect(await client.untilClosed()).toBe('');
  expect(performance.now() - servedAtMs).toBeLessThan(3000 + SLOW_MACHINE_MS);
});

test('what answers 503 is replaced when it dies, and runs no hook', async () => {
  const file = configFile(`export default {
    preFork: ({ log }, number) => log.info('preFork ' + number),
    childExit: ({ log }, { number }) => log.info('childExit ' + number),
    preRequest: ({ log }) => log.info('preRequest'),
  };`);
  const gateway = await GatewayProcess.startOne('behaviours.ts', '-c', file);
  gateway.signal('SIGWINCH');
  await gateway.line(/no worker serves/);
  await expectUnavailable(gateway);
  await expect.poll(() => gateway.access).toHaveLength(1);
  process.kill(Number(gateway.access[0]?.['pid']), 'SIGKILL');
  await gateway.lines(/no worker serves: /, 2);
  await expectUnavailable(gateway);
  const hooks = gateway.log.map(({ msg }) => msg).filter((msg) => /^(?:pre|child)/.test(msg));
  expect(hooks).toEqual(['preFork 1', 'childExit 1']);
});
