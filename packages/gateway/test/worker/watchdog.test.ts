import { expect, test } from 'vitest';
import { GatewayProcess } from '../gateway-process.ts';
import { get } from '../get.ts';

test('a blocked worker whose application makes stacks of its own is told with its stack', async () => {
  const gateway = await GatewayProcess.startOne('odd-stacks.ts', '--timeout', '1');
  const cut = expect(get(gateway, '/block')).rejects.toThrow();
  expect((await gateway.line(/is blocked/)).msg).toMatch(/over 1 s at application .*odd-stacks/);
  await cut;
});

test('a blocked worker that cannot say where is told still', async () => {
  const gateway = await GatewayProcess.startOne('odd-stacks.ts', '--timeout', '1');
  const cut = expect(get(gateway, '/frozen')).rejects.toThrow();
  expect((await gateway.line(/is blocked/)).msg).toMatch(/is blocked for over 1 s$/);
  await cut;
});
