import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { request } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { CATALOGUE } from '../src/settings/catalogue.ts';
import { temporaryFolder } from '../../wsgi/test/temporary-folder.ts';
import { configFile } from './config-file.ts';
import { APPLICATIONS, GatewayProcess } from './gateway-process.ts';

const FIVE_LINES = join(APPLICATIONS, 'five-lines.ts');

test('--help names every setting of the catalogue, and nothing else', async () => {
  const gateway = new GatewayProcess(['--help']);
  expect(await gateway.exited).toBe(0);
  const flags = [...gateway.outputText.matchAll(/^ {2}(?:-\w, )?--([\w-]+)/gm)].map(
    ([, flag]) => flag,
  );
  const own = ['config', 'check-config', 'print-config', 'help', 'version'];
  expect(flags.toSorted()).toEqual(
    [...own, ...Object.values(CATALOGUE).map((setting) => setting.flags.long)].toSorted(),
  );
});

test('--version tells the version of the gateway and of Node', async () => {
  const gateway = new GatewayProcess(['--version']);
  expect(await gateway.exited).toBe(0);
  expect(gateway.outputText).toMatch(/^gateway \d+\.\d+\.\d+ \(Node v26\./);
});

test.for<[what: string, args: string[], code: number, message: RegExp]>([
  ['an unknown option', ['--wrokers', '2', 'x'], 2, /--wrokers[^]*gateway --help/],
  ['an option without its value', ['x', '--workers'], 2, /workers/],
  ['two applications', ['a', 'b'], 2, /'b'/],
  ['no application', [], 1, /No application[^]*gateway myproject\.wsgi/],
  [
    'a bad value',
    ['-w', '0', FIVE_LINES],
    1,
    /workers is "0" in the command line: expected a whole number/,
  ],
  ['a bad address', ['-b', '127.0.0.1', FIVE_LINES], 1, /bind is \["127.0.0.1"\][^]*HOST:PORT/],
  [
    'a bad network',
    ['--forwarded-allow-ips', '10.0.0.0/99', FIVE_LINES],
    1,
    /forwardedAllowIps[^]*CIDR/,
  ],
  [
    'a missing settings file',
    ['-c', '/nowhere.ts', FIVE_LINES],
    1,
    /No configuration file \/nowhere.ts/,
  ],
  [
    'an address that is not ours',
    ['-b', '192.0.2.1:80', FIVE_LINES],
    1,
    /Cannot listen at http:\/\/192.0.2.1:80/,
  ],
])('%s is refused with an exit code and what to do', async ([, args, code, message]) => {
  const gateway = new GatewayProcess(args);
  expect(await gateway.exited).toBe(code);
  expect(gateway.errorText).toMatch(message);
  expect(gateway.errorText).not.toMatch(/\n {4}at /);
});

test.for<[what: string, application: string, code: number, message: RegExp]>([
  [
    'a missing module',
    'nowhere.wsgi',
    3,
    /No module 'nowhere.wsgi': there is no file .*nowhere\/wsgi.ts/,
  ],
  [
    'a module that throws',
    join(APPLICATIONS, 'throws-at-import.ts'),
    3,
    /planted: broken at import[^]*at /,
  ],
  [
    'a missing attribute',
    `${FIVE_LINES}:app`,
    4,
    /no export 'app': it exports application, notCallable/,
  ],
  [
    'an attribute that is not callable',
    `${FIVE_LINES}:notCallable`,
    4,
    /'notCallable' of .* is of type string/,
  ],
])('%s stops the start, and the log says why once', async ([, application, code, message]) => {
  const gateway = new GatewayProcess(['-b', '127.0.0.1:0', '-w', '2', application]);
  expect(await gateway.exited).toBe(code);
  expect(gateway.log.filter(({ level }) => level === 'fatal')).toMatchObject([
    { msg: expect.stringMatching(message) },
  ]);
  const check = new GatewayProcess(['--check-config', application]);
  expect(await check.exited).toBe(code);
  expect(check.errorText).toMatch(message);
});

test('--check-config passes where all is well', async () => {
  const gateway = new GatewayProcess(['--check-config', FIVE_LINES]);
  expect(await gateway.exited).toBe(0);
  expect(gateway.outputText).toContain('can be loaded');
});

test('all bad settings are told at once, each with where it stands', async () => {
  const file = configFile(`export default { workers: 'many', timeout: -1 };`);
  const gateway = new GatewayProcess(['-c', file, '--backlog', 'x', FIVE_LINES]);
  expect(await gateway.exited).toBe(1);
  expect(gateway.errorText).toContain(`workers is "many" in ${file}`);
  expect(gateway.errorText).toContain(`timeout is -1 in ${file}`);
  expect(gateway.errorText).toContain('backlog is "x" in the command line');
});

test.for<[what: string, text: string, message: RegExp]>([
  ['a mistyped setting', '{ wrokers: 1 }', /: unknown setting wrokers\. Did you mean workers\?$/m],
  ["Gunicorn's spelling", '{ max_requests: 1 }', /max_requests\. Did you mean maxRequests\?$/m],
  ["Gunicorn's hook", '{ when_ready() {} }', /when_ready\. Did you mean whenReady\?$/m],
  ['a setting that is not here', '{ worker_class: 1 }', /no setting worker_class: a worker serves/],
  ['a setting of root', '{ pidfile: 1 }', /no setting pidfile: a container or a service manager/],
  ['something else', '{ zebra: 1 }', /unknown setting zebra\. Known are: bind, /],
  ['a function', '() => ({})', /has \[Function: default\] as its default export: expected an obj/],
])('a settings file with %s is refused', async ([, text, message]) => {
  const gateway = new GatewayProcess(['-c', configFile(`export default ${text};`), FIVE_LINES]);
  expect(await gateway.exited).toBe(1);
  expect(gateway.errorText).toMatch(message);
});

test('the command line wins over GATEWAY_CMD_ARGS, and that over the settings file', async () => {
  const file = configFile(`export default { workers: 'file', backlog: 'file', timeout: 'file' };`);
  const gateway = new GatewayProcess(['-c', file, '--timeout', 'line', FIVE_LINES], {
    GATEWAY_CMD_ARGS: '--timeout variable --backlog variable',
  });
  expect(await gateway.exited).toBe(1);
  expect(gateway.errorText).toMatch(/timeout is "line"/);
  expect(gateway.errorText).toMatch(/backlog is "variable"/);
  expect(gateway.errorText).toMatch(/workers is "file"/);
});

test('the environment feeds defaults', async () => {
  const gateway = new GatewayProcess(['--help'], { PORT: '7777', WEB_CONCURRENCY: '7' });
  expect(await gateway.exited).toBe(0);
  expect(gateway.outputText).toContain('[0.0.0.0:7777]');
  expect(gateway.outputText).toMatch(/the default. \[7\]/);
});

test('a port in use is tried again, then refused with exit code 1', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const gateway = new GatewayProcess(['-b', `127.0.0.1:${port}`, FIVE_LINES]);
  expect(await gateway.exited).toBe(1);
  expect(gateway.log.filter(({ msg }) => msg.includes('trying again'))).toHaveLength(4);
  expect(gateway.errorText).toMatch(/Is another server running there/);
});

test('a five-line application is served by its path, on TCP and a unix socket at once', async () => {
  const path = join(temporaryFolder(), 'socket');
  const gateway = await GatewayProcess.start('five-lines.ts', '--bind', `unix:${path}`);
  const overTcp = await fetch(`http://127.0.0.1:${gateway.port}/`);
  expect(await overTcp.text()).toBe('Hello\n');
  const [overUnix] = await once(request({ socketPath: path, path: '/' }).end(), 'response');
  expect(overUnix.statusCode).toBe(200);
  overUnix.resume();
});

test('a socket file left by a killed gateway is no obstacle', async () => {
  const path = join(temporaryFolder(), 'socket');
  const first = new GatewayProcess(['-b', `unix:${path}`, FIVE_LINES]);
  await first.line(/is ready/);
  first.kill();
  await first.exited;
  const second = new GatewayProcess(['-b', `unix:${path}`, FIVE_LINES]);
  await second.line(/is ready/);
});

test('an application that awaits what never comes, as it is loaded, is named as the cause', async () => {
  const file = join(temporaryFolder(), 'application.mjs');
  writeFileSync(file, 'await new Promise(() => {}); export const application = () => [];');
  const gateway = new GatewayProcess(['--bind', '127.0.0.1:0', '--workers', '1', file]);
  expect(await gateway.exited).toBe(3);
  expect((await gateway.line(/could not start/)).msg).toMatch(/awaits what never comes/);
});

test.for<[what: string, text: string, place: RegExp]>([
  ['as it is loaded', '\nprocess.exit(0);', /process\.exit\(0\) is called at \/.*\.mjs:2:9/],
  [
    'later, while it is awaited',
    'setTimeout(() => process.exit(0), 1); await new Promise(() => {});',
    /process\.exit\(0\) is called at \/.*\.mjs:1:26/,
  ],
  ['with a code', 'process.exit(7);', /process\.exit\(7\) is called at /],
])(
  'an application that calls process.exit %s is not served, and passes no check',
  async ([, text, message]) => {
    const file = join(temporaryFolder(), 'application.mjs');
    writeFileSync(file, text);
    const check = new GatewayProcess(['--check-config', file]);
    expect(await check.exited).toBe(3);
    expect(check.errorText).toMatch(message);
    const gateway = new GatewayProcess(['--bind', '127.0.0.1:0', '--workers', '1', file]);
    expect(await gateway.exited).toBe(3);
    expect((await gateway.line(/could not start/)).msg).toMatch(message);
  },
);

test.for<[what: string, text: string, message: RegExp]>([
  [
    'calls process.exit',
    'process.exit(0); export default {};',
    /process\.exit\(0\) is called at \//,
  ],
  ['awaits what never comes', 'await new Promise(() => {});', /it awaits what never comes/],
])('a settings file that %s stops the start, and is told of', async ([, text, message]) => {
  const gateway = new GatewayProcess(['-c', configFile(text), FIVE_LINES]);
  expect(await gateway.exited).toBe(1);
  expect(gateway.errorText).toMatch(/^gateway: The settings cannot be read: /);
  expect(gateway.errorText).toMatch(message);
});

test('a hook that ends its worker before that is ready is told with its place', async () => {
  const file = configFile('export default { postFork() { process.exit(0); } };');
  const gateway = new GatewayProcess(['-c', file, '-b', '127.0.0.1:0', '-w', '1', FIVE_LINES]);
  expect(await gateway.exited).toBe(3);
  const { msg } = await gateway.line(/could not start/);
  expect(msg).toMatch(/could not start: process\.exit\(0\) is called at \/.*:1:\d+$/);
});

test.for<[what: string, waits: string, message: RegExp]>([
  ['awaits what never comes', '', /awaits what never comes/],
  ['is not loaded in time', 'setInterval(() => {}, 1000);', /is not ready after 1 s/],
])('a check of an application that %s ends, and says so', async ([, waits, message]) => {
  const file = join(temporaryFolder(), 'application.mjs');
  writeFileSync(file, `${waits} await new Promise(() => {});`);
  const check = new GatewayProcess(['--check-config', '--timeout', '1', file]);
  expect(await check.exited).toBe(3);
  expect(check.errorText).toMatch(message);
});

test('an application with a syntax error is told with its file, line and place', async () => {
  const file = join(temporaryFolder(), 'application.ts');
  writeFileSync(file, '\nexport const application = ;');
  const gateway = new GatewayProcess(['--bind', '127.0.0.1:0', '--workers', '1', file]);
  expect(await gateway.exited).toBe(3);
  expect((await gateway.line(/could not start/)).msg).toContain(
    `${file}:2\n\nexport const application = ;\n                           ^\n`,
  );
});

test("a variable of Gunicorn's is not passed over in silence", async () => {
  const environment = { GUNICORN_CMD_ARGS: '--workers 3' };
  const gateway = await GatewayProcess.startIn(environment, 'five-lines.ts', '--workers', '1');
  expect(await gateway.line(/GUNICORN_CMD_ARGS/)).toMatchObject({ level: 'warn' });
});

test('a check that a signal ends has not passed', async () => {
  const file = configFile(
    "console.log('reading'); await new Promise((resolve) => setTimeout(resolve, 20_000)); export default {};",
  );
  const gateway = new GatewayProcess(['--check-config', '-c', file, FIVE_LINES]);
  await gateway.printed(/reading/);
  gateway.signal('SIGTERM');
  expect(await gateway.exited).not.toBe(0);
});
