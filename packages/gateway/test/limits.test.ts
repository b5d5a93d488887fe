import { expect, test } from 'vitest';
import { GatewayProcess } from './gateway-process.ts';
import { get } from './get.ts';

test('a request that takes too long gets 503, its signal aborts, and the worker lives', async () => {
  const gateway = await GatewayProcess.startOne('behaviours.ts', '--request-timeout', '1');
  const { text: pid } = await get(gateway);
  expect((await get(gateway, '/hang')).status).toBe(503);
  expect(await gateway.line(/it took too long/)).toMatchObject({ target: '/hang' });
  await gateway.line(/the signal aborted/);
  expect((await get(gateway)).text).toBe(pid);
});

test('beyond the limit of requests in flight the answer is 503 with Retry-After, and then all is well again', async () => {
  const gateway = await GatewayProcess.startOne('behaviours.ts', '--limit-in-flight', '3');
  const slow = Array.from({ length: 3 }, () => get(gateway, '/sleep/1500'));
  await expect.poll(() => get(gateway).then(({ status }) => status)).toBe(503);
  const response = await fetch(`http://127.0.0.1:${gateway.port}/pid`);
  expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '1']);
  expect((await Promise.all(slow)).map(({ status }) => status)).toEqual([200, 200, 200]);
  expect((await get(gateway)).status).toBe(200);
  await expect
    .poll(() => gateway.access)
    .toContainEqual(expect.objectContaining({ status: 503, reason: 'overloaded', target: '/pid' }));
});

test('while the event loop is late requests are answered 503', async () => {
  const gateway = await GatewayProcess.startOne('behaviours.ts', '--limit-queue-delay', '0.2');
  const blocking = get(gateway, '/busy/1000');
  await gateway.printed(/busy/);
  const behind = Promise.all([get(gateway), get(gateway), get(gateway)]);
  await blocking;
  expect((await behind).map(({ status }) => status)).toContain(503);
  await expect.poll(() => get(gateway).then(({ status }) => status)).toBe(200);
});
