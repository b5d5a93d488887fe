import { beforeEach, expect, test } from 'vitest';
import { join } from 'node:path';
import type { Command } from '../src/commands/command.ts';
import { enterLifespan, type Lifespan } from '../src/lifespan.ts';
import { testClient } from '../src/testing.ts';
import { capturedLog } from './captured-log.ts';
import { runHere } from './commands/run-here.ts';
import { withSettings } from './serve.ts';

let events: string[] = [];
beforeEach(() => {
  events = [];
});

function recorded(name: string, more: Lifespan = {}): Lifespan {
  return {
    async startup() {
      await more.startup?.();
      events.push(`${name} opens`);
    },
    async shutdown() {
      await more.shutdown?.();
      events.push(`${name} closes`);
    },
  };
}

const fail = () => Promise.reject(new Error('refused'));

function useLifespan(...LIFESPAN: Lifespan[]): void {
  const ROOT_URLCONF = join(import.meta.dirname, 'project/src/sample/urls.ts');
  withSettings({ LIFESPAN, ROOT_URLCONF, SECRET_KEY: 'of this test' });
}

const OPENED = ['pool opens', 'queue opens'];
const CLOSED = ['queue closes', 'pool closes'];

test('what opened last closes first, once for all that use it', async () => {
  useLifespan(recorded('pool'), { shutdown: () => void events.push('nothing') }, recorded('queue'));
  const [one, other] = await Promise.all([enterLifespan(), enterLifespan()]);
  await one();
  await one();
  expect(events).toEqual(OPENED);
  await other();
  expect(events).toEqual([...OPENED, 'queue closes', 'nothing', 'pool closes']);
  const again = await enterLifespan();
  expect(events.slice(-2)).toEqual(OPENED);
  await again();
});

test('a startup that fails is the error, and what was open by then closes', async () => {
  useLifespan(recorded('pool'), recorded('queue', { startup: fail }));
  await expect(enterLifespan()).rejects.toThrow('refused');
  expect(events).toEqual(['pool opens', 'pool closes']);
  events = [];
  await expect(testClient()).rejects.toThrow('refused');
  expect(events).toEqual(['pool opens', 'pool closes']);
});

test('a shutdown that fails is logged, and the others go on', async () => {
  const lines = capturedLog();
  useLifespan(recorded('pool'), recorded('queue', { shutdown: fail }));
  const leave = await enterLifespan();
  await leave();
  expect(events).toEqual([...OPENED, 'pool closes']);
  expect(lines).toMatchObject([{ message: 'a shutdown of LIFESPAN failed' }]);
});

test('the test client begins it and ends it', async () => {
  useLifespan(recorded('pool'), recorded('queue'));
  {
    await using client = await testClient();
    expect((await client.get('/items/7/')).status).toBe(200);
    expect(events).toEqual(OPENED);
  }
  expect(events).toEqual([...OPENED, ...CLOSED]);
});

test("the project's own commands run within it, those of the framework without", async () => {
  useLifespan(recorded('pool'), recorded('queue'));
  const own: Command = {
    name: 'own',
    usage: '',
    summary: 'Does something.',
    run: () => events.push('runs'),
  };
  expect((await runHere(['own'], [own])).code).toBe(3);
  expect(events).toEqual([...OPENED, 'runs', ...CLOSED]);
  events = [];
  await runHere(['check'], [own]);
  await runHere(['own', '--help'], [own]);
  expect(events).toEqual([]);
});

test('a command that makes an application of its own ends it, too', async () => {
  useLifespan(recorded('pool'), recorded('queue'));
  const own: Command = {
    name: 'own',
    usage: '',
    summary: 'Asks the application.',
    async run() {
      return (await (await testClient()).get('/items/7/')).status;
    },
  };
  expect((await runHere(['own'], [own])).code).toBe(200);
  expect(events).toEqual([...OPENED, ...CLOSED]);
});

test.for([[{}], [{ startup: 1 }], [null], { startup() {} }])('%o is no LIFESPAN', (LIFESPAN) => {
  expect(() => withSettings({ LIFESPAN: LIFESPAN as never })).toThrow(
    'expected a list of objects with the functions startup and shutdown',
  );
});
