import { join } from 'node:path';
import { expect, test } from 'vitest';
import { APPLICATIONS, GatewayProcess } from '../gateway-process.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { get, observed } from './ask.ts';

async function run(
  args: string[],
  environment?: NodeJS.ProcessEnv,
): Promise<{ code: number | null; output: string; error: string }> {
  const command = new GatewayProcess(args, environment);
  const code = await command.exited;
  return { code, output: command.outputText, error: command.errorText };
}

async function start(environment: NodeJS.ProcessEnv): Promise<GatewayProcess> {
  const application = join(APPLICATIONS, 'behaviours.ts');
  const gateway = new GatewayProcess(['-b', '127.0.0.1:0', '-w', '1', application], environment);
  await gateway.line(/is ready/);
  return gateway;
}

test('gateway stats prints a table with the requests that were served', async () => {
  const gateway = await observed('behaviours.ts');
  await get(gateway, '/pid', 5);
  const stats = () => run(['stats', '--socket', gateway.socketPath]).then(({ output }) => output);
  await expect.poll(stats, { timeout: 15_000 }).toMatch(/^answers +2xx 5$/m);
  const output = await stats();
  expect(output).toMatch(/^gateway \d.*behaviours\.ts at http:\/\/127\.0\.0\.1:\d+$/m);
  expect(output).toMatch(/^workers +2 of 2 ready/m);
  expect(output).toMatch(/^WORKER +PID +STATE.*\n +1 +\d+ +ready .*\n +2 +\d+ +ready /m);
});

test('gateway stats --json prints the whole report', async () => {
  const gateway = await observed('behaviours.ts', '--workers', '1');
  const { output } = await run(['stats', '--json', '-s', gateway.socketPath]);
  expect(JSON.parse(output)).toMatchObject({ pid: gateway.child.pid, workersWanted: 1 });
});

test('the one gateway that runs is found; of two, one must be named', async () => {
  const environment = { TMPDIR: temporaryFolder() };
  const first = await start(environment);
  expect((await run(['stats'], environment)).output).toContain(`pid ${first.child.pid},`);
  const second = await start(environment);
  const { code, error } = await run(['stats'], environment);
  expect(code).toBe(1);
  expect(error).toContain('name one by --socket');
  for (const { child } of [first, second]) {
    expect(error).toContain(join(environment.TMPDIR, `gateway-${child.pid}.sock`));
  }
});

test.for(['stats', 'top'])('gateway %s --help prints the help', async (command) => {
  for (const flag of ['--help', '-h']) {
    expect(await run([command, flag])).toMatchObject({
      code: 0,
      output: expect.stringContaining(`gateway ${command} [--socket PATH]`),
    });
  }
});

test('where TMPDIR is not there, no gateway is found in it', async () => {
  const { code, error } = await run(['stats'], { TMPDIR: '/nowhere' });
  expect(code).toBe(1);
  expect(error).toMatch(/No gateway answers at \/nowhere\/gateway-\*\.sock/);
});

test.for<[what: string, args: string[], code: number, error: RegExp]>([
  ['no gateway runs', ['stats'], 1, /No gateway answers at .*gateway-\*\.sock\. Is one running/],
  [
    'nobody is there',
    ['stats', '--socket', '/nowhere'],
    1,
    /No gateway answers at \/nowhere: .*ENOENT/,
  ],
  ['an option is unknown', ['stats', '--verbose'], 2, /--verbose[^]*gateway --help/],
  ['a word is too many', ['stats', 'now'], 2, /now/],
  ['there is no terminal for top', ['top'], 2, /needs a terminal/],
])('where %s, that is said', async ([, args, code, error]) => {
  const found = await run(args, { TMPDIR: temporaryFolder() });
  expect(found.code).toBe(code);
  expect(found.error).toMatch(error);
  expect(found.error).not.toMatch(/\n {4}at /);
});
