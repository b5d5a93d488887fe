import { expect, test } from 'vitest';
import { looseEnds, type Container } from './hardened.ts';
import { useStack } from './stack.ts';

// Beside the production stack, as on the machine of someone who works on the project.
const stack = useStack(async (running) => {
  await running.compose('up', '--detach', '--build', 'dev');
  return async () => void (await running.compose('rm', '--stop', '--force', 'dev'));
});

test('development is started by its name alone', async () => {
  const services = (await stack.compose('config', '--services')).trim().split('\n');
  expect(services.toSorted()).toEqual(['app', 'nginx', 'static']);
});

test('development looks different at first sight', async () => {
  expect(await textOf(stack.url)).toContain('<p class="mode">production</p>');
  await expect
    .poll(() => textOf(stack.developmentUrl), WAIT)
    .toContain('<p class="mode">development</p>');
});

test('its sources are writable and nothing limits it; else it is held as tight', async () => {
  const loose = ['read-only', 'memory', 'cpus', 'pids'];
  expect(looseEnds(await stack.inspect<Container>('dev'))).toEqual(loose);
});

test('a change of the sources is served without a restart', async () => {
  const edit = `sed --in-place 's/Item \\$/Changed item \\$/' /app/src/myproject/views.ts`;
  await stack.shell('dev', edit);
  await expect
    .poll(() => textOf(`${stack.developmentUrl}/items/7/`), WAIT)
    .toContain('Changed item 7');
});

test('its log is for people: a stack has its lines', async () => {
  const edit = `sed --in-place 's/^export function item(.*/&\\n  throw new Error("on purpose");/' /app/src/myproject/views.ts`;
  await stack.shell('dev', edit);
  await expect.poll(() => textOf(`${stack.developmentUrl}/items/7/`), WAIT).toContain('on purpose');
  const log = await stack.compose('logs', '--no-log-prefix', 'dev');
  expect(log).toMatch(/ERROR.*the request failed/);
  expect(log).toMatch(/^ +at item .*src\/myproject\/views\.ts:\d+/m);
});

const WAIT = { timeout: 30_000, interval: 100 };

/** The text of a page, or why there is none. */
async function textOf(url: string): Promise<string> {
  try {
    return await (await fetch(url)).text();
  } catch (error) {
    return String(error);
  }
}
