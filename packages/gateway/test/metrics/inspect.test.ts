import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Profiler } from 'node:inspector';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { CHILD_ENVIRONMENT } from '../../../wsgi/test/child-environment.ts';
import { temporaryFolder } from '../../../wsgi/test/temporary-folder.ts';
import { APPLICATIONS, GatewayProcess, type Running } from '../gateway-process.ts';
import { get, observed, open, reportOf, say, untilClosed, type Observed } from './ask.ts';

const CLI = join(import.meta.dirname, '../../src/cli.ts');
const HOARD = join(APPLICATIONS, 'hoard.ts');

/** Runs a command that asks a gateway, and gives what it prints as it is. */
async function ask({ socketPath }: Pick<Observed, 'socketPath'>, ...words: string[]) {
  const command = spawn(process.execPath, [CLI, ...words, '--socket', socketPath], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: CHILD_ENVIRONMENT,
  });
  const [printed, error] = await Promise.all([text(command.stdout), text(command.stderr)]);
  if (command.exitCode === null) await once(command, 'exit');
  return { code: command.exitCode, output: printed, error };
}

function parseProfile(output: string): Profiler.Profile {
  return JSON.parse(output) as Profiler.Profile;
}

interface Snapshot {
  readonly snapshot: { readonly node_count: number };
  readonly nodes: readonly number[];
  readonly strings: readonly string[];
}

/** A gateway with one worker, and a control socket in a place of its own. */
async function observedIn(
  environment: NodeJS.ProcessEnv,
  application: string,
  ...args: string[]
): Promise<Observed> {
  const socketPath = join(temporaryFolder(), 'control');
  const words = ['--workers', '1', '--control-socket', socketPath, ...args];
  const gateway = await GatewayProcess.startIn(environment, application, ...words);
  return Object.assign(gateway, { socketPath });
}

/** Asks on until it is stopped; gives how many requests were answered, and how many not. */
function load({ port }: Running) {
  const counts = { answered: 0, lost: 0 };
  let isOn = true;
  const client = async (): Promise<void> => {
    while (isOn) {
      const response = await fetch(`http://127.0.0.1:${port}/count`).catch(() => undefined);
      counts[response?.ok && (await response.text()) !== '' ? 'answered' : 'lost'] += 1;
    }
  };
  const clients = Array.from({ length: 4 }, client);
  const stop = async () => {
    isOn = false;
    await Promise.all(clients);
    return counts;
  };
  return { stop };
}

test('a profile names the functions, and their lines in the sources, and no request is lost meanwhile', async () => {
  const gateway = await observedIn({ TREASURES: '100000' }, 'hoard.ts');
  const clients = load(gateway);
  const { code, output, error } = await ask(gateway, 'profile', '1', '--seconds', '1');
  const { answered, lost } = await clients.stop();
  expect({ code, error, lost }).toEqual({ code: 0, error: '', lost: 0 });
  expect(answered).toBeGreaterThan(20);
  const { nodes, startTime, endTime, samples = [] } = parseProfile(output);
  expect(endTime - startTime).toBeGreaterThan(900_000);
  expect(samples.length).toBeGreaterThan(100);
  const node = nodes.find(({ callFrame }) => callFrame.functionName === 'countTreasures');
  const lines = readFileSync(HOARD, 'utf8').split('\n');
  const lineNumber = lines.findIndex((line) => line.startsWith('function countTreasures'));
  expect(node?.callFrame).toMatchObject({ url: pathToFileURL(HOARD).href, lineNumber });
});

test('a heap snapshot has the classes, and no request is lost meanwhile', async () => {
  const gateway = await observedIn({ TREASURES: '20000' }, 'hoard.ts');
  const clients = load(gateway);
  const { code, output, error } = await ask(gateway, 'heap', '1');
  const { lost } = await clients.stop();
  expect({ code, error, lost }).toEqual({ code: 0, error: '', lost: 0 });
  const { snapshot, nodes, strings } = JSON.parse(output) as Snapshot;
  expect(snapshot.node_count).toBeGreaterThan(20_000);
  expect(nodes.length % snapshot.node_count).toBe(0);
  expect(strings).toContain('Treasure');
  await gateway.line(/heap snapshot taken: the event loop stood still for \d+ ms/);
});

test('a module that was compiled is called by the name of its source, in both', async () => {
  const folder = temporaryFolder();
  // One line of JavaScript, which was line 7 of views.ts.
  const map = { version: 3, sources: ['views.ts'], names: [], mappings: 'AAMA' };
  writeFileSync(join(folder, 'views.mjs.map'), JSON.stringify(map));
  writeFileSync(
    join(folder, 'views.mjs'),
    `export function application(environ, startResponse) { for (const end = Date.now() + 50; Date.now() < end;); startResponse('200 OK', []); return []; }
//# sourceMappingURL=views.mjs.map\n`,
  );
  const NODE_OPTIONS = `${process.env['NODE_OPTIONS']} --enable-source-maps`;
  const gateway = await observedIn({ NODE_OPTIONS }, join(folder, 'views.mjs'));
  const source = pathToFileURL(join(folder, 'views.ts')).href;
  const asked = ask(gateway, 'profile', '1', '--seconds', '1');
  // What was optimised before is part of its caller.
  await gateway.line(/profile of 1 s begins/);
  await get(gateway, '/', 10);
  const { output } = await asked;
  const { nodes } = parseProfile(output);
  const node = nodes.find(({ callFrame }) => callFrame.functionName === 'application');
  expect(node?.callFrame).toMatchObject({ url: source, lineNumber: 6 });
  expect(new Set(node?.positionTicks?.map(({ line }) => line))).toEqual(new Set([7]));
  const { strings } = JSON.parse((await ask(gateway, 'heap', '1')).output) as Snapshot;
  expect(strings).toContain(source);
  expect(strings).not.toContain(pathToFileURL(join(folder, 'views.mjs')).href);
});

test('a worker that stands still for its snapshot, beyond the timeout, is not killed', async () => {
  const gateway = await observedIn({ TREASURES: '1000000' }, 'hoard.ts', '--timeout', '0.5');
  const { code, error } = await ask(gateway, 'heap', '1');
  expect({ code, error }).toEqual({ code: 0, error: '' });
  const { msg } = await gateway.line(/stood still for/);
  // Beyond the worker's own watchdog; mostly also beyond the arbiter's, which waits for 2 s more.
  expect(Number(/\d+/.exec(msg)?.[0])).toBeGreaterThan(750);
  await get(gateway, '/');
  expect((await reportOf(gateway)).workers).toMatchObject([{ number: 1 }]);
});

test('after its snapshot a worker is watched again', async () => {
  const gateway = await observedIn({}, 'behaviours.ts', '--timeout', '1');
  expect(await ask(gateway, 'heap', '1')).toMatchObject({ code: 0 });
  await get(gateway, '/block').catch(() => undefined);
  await gateway.line(/worker 1 is blocked for over 1 s/);
});

test('a worker that dies meanwhile leaves no whole file, and that is said', async () => {
  const gateway = await observed('behaviours.ts', '--workers', '1');
  const asked = ask(gateway, 'profile', '1', '--seconds', '60');
  await gateway.line(/profile of 60 s begins/);
  process.kill((await reportOf(gateway)).workers[0]?.pid ?? 0, 'SIGKILL');
  expect(await asked).toMatchObject({
    code: 1,
    output: '',
    error: expect.stringContaining('no whole file: the worker has ended'),
  });
  await gateway.line(/worker 2 is ready/);
  expect(await ask(gateway, 'profile', '2', '--seconds', '1')).toMatchObject({ code: 0 });
});

test('a client that leaves ends the profile', async () => {
  const gateway = await observed('behaviours.ts', '--workers', '1');
  const client = open(gateway.socketPath);
  client.write('profile 1 600\n');
  await gateway.line(/profile of 600 s begins/);
  client.destroy();
  await gateway.line(/profile given up: its client has left/);
});

test('a client that leaves a snapshot half read harms nobody', async () => {
  const gateway = await observedIn({ TREASURES: '200000' }, 'hoard.ts');
  const client = open(gateway.socketPath);
  client.write('heap 1\n');
  await once(client, 'data');
  client.destroy();
  await gateway.line(/heap given up: its client has left/);
  await get(gateway, '/count', 3);
  expect((await reportOf(gateway)).workers).toMatchObject([{ number: 1 }]);
});

test('clients that ask for a file and take nothing of it do not keep the gateway from its end', async () => {
  const gateway = await observedIn({ TREASURES: '200000' }, 'hoard.ts');
  const client = open(gateway.socketPath).pause();
  client.write('heap 1\n');
  await gateway.line(/stood still/);
  gateway.signal('SIGTERM');
  expect(await gateway.exited).toBe(0);
  await untilClosed(client);
});

test.for<[what: string, args: string[], code: number, error: RegExp]>([
  ['no worker has the number', ['profile', '9'], 1, /there is no worker 9: gateway stats lists/],
  ['no worker has the number', ['heap', '9'], 1, /there is no worker 9/],
  ['the number is missing', ['profile'], 2, /profile wants the number of one worker/],
  ['it is no number', ['heap', 'all'], 2, /heap wants the number of one worker/],
  ['there are two', ['heap', '1', '2'], 2, /heap wants the number of one worker/],
  ['the time is nonsense', ['profile', '1', '--seconds', 'x'], 2, /--seconds is 'x': expected/],
  ['the time is too long', ['profile', '1', '--seconds', '3601'], 2, /from 1 to 3600/],
  ['a snapshot takes no time', ['heap', '1', '--seconds', '1'], 2, /--seconds/],
])('where %s, that is said (%j)', async ([, args, code, error]) => {
  const gateway = await observed('behaviours.ts', '--workers', '1');
  const found = await ask(gateway, ...args);
  expect(found).toMatchObject({ code, output: '' });
  expect(found.error).toMatch(error);
  expect(found.error).not.toMatch(/\n {4}at /);
});

test('a worker that starts still is not asked', async () => {
  const folder = temporaryFolder();
  const socketPath = join(folder, 'control');
  const application = join(APPLICATIONS, 'slow-start.ts');
  const gateway = new GatewayProcess(
    ['--bind', '127.0.0.1:0', '--workers', '1', '--control-socket', socketPath, application],
    { STARTS_WITH: join(folder, 'never') },
  );
  await gateway.line(/serving/);
  expect(await say(socketPath, 'heap 1\n')).toBe('\0worker 1 is not ready yet');
});

test('a file is not printed to a terminal', async () => {
  const gateway = await observed('behaviours.ts', '--workers', '1');
  const words = `'${process.execPath}' '${CLI}' heap 1 --socket '${gateway.socketPath}'`;
  const terminal = spawn('script', ['--quiet', '--return', '--command', words, '/dev/null']);
  let shown = '';
  terminal.stdout.on('data', (piece) => (shown += String(piece)));
  const [code] = await once(terminal, 'close');
  expect(code).toBe(2);
  expect(shown).toContain('heap prints a file: lead it to one, as by > worker.heapsnapshot');
});
