import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { GatewayProcess } from '../../packages/gateway/test/gateway-process.ts';
import { BadTwin } from './bad-twin.ts';
import { isLong, printFigures } from './figures.ts';
import { Front, needsFront } from './front.ts';
import { servedIds } from './history.ts';
import { Load } from './load.ts';
import { descriptorCount } from './process-facts.ts';

const ECHO = join(import.meta.dirname, 'echo.ts');
const RELOADS = isLong ? 20 : 4;
const LOAD = { connections: 64, pauseMs: 50 } as const;

test('reloads of gateway and nginx under load lose no request', async (context) => {
  needsFront(context);
  const gateway = await GatewayProcess.start(ECHO);
  const front = await Front.start(gateway.port);
  const load = new Load({ port: front.port, ...LOAD });
  for (let reload = 1; reload <= RELOADS; reload++) {
    gateway.signal('SIGHUP');
    await gateway.lines(/is ready/, 2 + 2 * reload);
    await front.reload();
    await setTimeout(250);
  }
  await gateway.lines(/has exited/, 2 * RELOADS);
  const history = await load.stop();
  gateway.signal('SIGTERM');
  await gateway.exited;
  const repeated = history.repeatedPosts(servedIds(gateway.access));
  printFigures(`${RELOADS} reloads of each`, { ...history.figures, repeated: repeated.length });
  expect(history.bad).toEqual([]);
  expect(repeated).toEqual([]);
  expect(history.entries.length).toBeGreaterThan(RELOADS * 200);
  // A busy machine is slower; a client that waits for a restart, or a try in vain, waits for longer.
  expect(history.latencyMs(0.99)).toBeLessThan(1000);
});

test('the same load does lose requests where workers merely close their server', async (context) => {
  needsFront(context);
  const twin = await BadTwin.start();
  const front = await Front.start(twin.port);
  const load = new Load({ port: front.port, ...LOAD });
  let reloads = 0;
  while (load.history.bad.length === 0 && reloads < 20) {
    await twin.reload();
    await setTimeout(250);
    reloads += 1;
  }
  const history = await load.stop();
  printFigures(`${reloads} reloads of the bad twin`, history.figures);
  expect(history.bad.length).toBeGreaterThan(0);
});

test('reloads leave no descriptor behind in the arbiter', async () => {
  const reloads = isLong ? 50 : 8;
  const gateway = await GatewayProcess.start(ECHO, '--workers', '1');
  const arbiter = gateway.child.pid ?? 0;
  const before = descriptorCount(arbiter);
  for (let reload = 1; reload <= reloads; reload++) {
    gateway.signal('SIGHUP');
    await gateway.lines(/has exited/, reload);
  }
  await expect.poll(() => descriptorCount(arbiter)).toBeLessThanOrEqual(before + 2);
  const after = descriptorCount(arbiter);
  printFigures('descriptors of the arbiter', { reloads, before, after });
  expect(after).toBeGreaterThanOrEqual(before - 2);
});
