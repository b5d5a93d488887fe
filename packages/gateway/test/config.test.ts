import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../wsgi/test/temporary-folder.ts';
import { configFile } from './config-file.ts';
import { APPLICATIONS, GatewayProcess } from './gateway-process.ts';
import { environOf } from './get.ts';

const FIVE_LINES = join(APPLICATIONS, 'five-lines.ts');

async function printed(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<string> {
  const gateway = new GatewayProcess(['--print-config', ...args, FIVE_LINES], environment);
  await gateway.exited;
  return gateway.outputText + gateway.errorText;
}

test.for<[variable: string, value: string, line: string]>([
  ['WEB_CONCURRENCY', '7', 'workers = "7"  (WEB_CONCURRENCY)'],
  ['WEB_CONCURRENCY', 'two', 'workers is "two" in WEB_CONCURRENCY: expected a whole number'],
  ['PORT', '7777', 'bind = "0.0.0.0:7777"  (PORT)'],
  ['PORT', 'abc', 'bind is "0.0.0.0:abc" in PORT: expected HOST:PORT'],
  ['PORT', '', 'bind = "127.0.0.1:8000"  (the defaults)'],
  ['FORWARDED_ALLOW_IPS', '', 'forwardedAllowIps = ""  (FORWARDED_ALLOW_IPS)'],
  ['HEALTH_PATH', '/up', 'accesslogSkip = "/up,/readyz"  (HEALTH_PATH)'],
  ['HEALTH_PATH', '', 'accesslogSkip = "/healthz,/readyz"  (the defaults)'],
  ['GATEWAY_CMD_ARGS', '--timeout 9', 'timeout = "9"  (GATEWAY_CMD_ARGS)'],
  ['GATEWAY_TIMEOUT', '9', 'timeout = "9"  (GATEWAY_TIMEOUT)'],
  ['GATEWAY_TIMEOUT', 'x', 'timeout is "x" in GATEWAY_TIMEOUT: expected a number'],
  ['GATEWAY_TIMEOUT', '', 'timeout = 30  (the defaults)'],
  ['GATEWAY_MAX_REQUESTS_JITTER', '5', 'maxRequestsJitter = "5"  (GATEWAY_MAX_REQUESTS_JITTER)'],
  ['GATEWAY_BIND', ':1,:2', 'bind = ":1,:2"  (GATEWAY_BIND)'],
  ['GATEWAY_RELOAD', 'true', 'reload = true  (GATEWAY_RELOAD)'],
  ['GATEWAY_RELOAD', 'false', 'reload = false  (GATEWAY_RELOAD)'],
  ['GATEWAY_RELOAD', 'yes', 'reload is "yes" in GATEWAY_RELOAD: expected true or false'],
  ['GATEWAY_RAW_ENV', 'KEY=secret', 'rawEnv = ["KEY=…"]  (GATEWAY_RAW_ENV)'],
  ['GATEWAY_CMD_ARGS', '--timeout x', 'timeout is "x" in GATEWAY_CMD_ARGS: expected a number'],
])('a setting of %s=%s is told as such', async ([variable, value, line]) => {
  expect(await printed([], { [variable]: value })).toContain(line);
});

test('an empty WEB_CONCURRENCY counts as not set', async () => {
  expect(await printed([], { WEB_CONCURRENCY: '' })).toMatch(
    /^workers = \d+ {2}\(the defaults\)$/m,
  );
});

test('its own variable wins over the file and what sets the default, and no other', async () => {
  const file = ['-c', configFile('export default { workers: 2 };')];
  const environment = { GATEWAY_WORKERS: '3', WEB_CONCURRENCY: '1' };
  expect(await printed(file, environment)).toContain('workers = "3"  (GATEWAY_WORKERS)');
  expect(await printed(['-w', '5', ...file], environment)).toContain('"5"  (the command line)');
  const inherited = { ...environment, GATEWAY_CMD_ARGS: '-w 4' };
  expect(await printed(file, inherited)).toContain('workers = "4"  (GATEWAY_CMD_ARGS)');
});

test('a variable that is like one of a setting is told at the start', async () => {
  const gateway = await GatewayProcess.startIn(
    { GATEWAY_TIMOUT: '5', GATEWAY_SERVICE_HOST: '10.0.0.1', GATEWAY_PORT_80_TCP: 'tcp://' },
    'five-lines.ts',
  );
  const told = gateway.log.filter(({ msg }) => msg.includes('is not read'));
  expect(told.map(({ level, msg }) => [level, msg])).toEqual([
    ['warn', 'GATEWAY_TIMOUT is not read. Did you mean GATEWAY_TIMEOUT?'],
  ]);
});

test.for<[setting: string, args: readonly string[], expected: string]>([
  ['gracefulTimeout', ['--graceful-timeout', '2147484'], 'at least 0 and at most 2147483'],
  ['sendTimeout', ['--send-timeout', '9999999'], 'at least 0.1 and at most 2147483'],
  ['umask', ['--umask', '7777'], 'an octal number of up to 777'],
  ['chdir', ['--chdir', '/nowhere'], 'a directory that is there'],
  ['chdir', ['--chdir', '/etc/passwd'], 'a directory that is there'],
  ['accesslog', ['--access-logfile', '/var/log/access.log'], "'-' for standard output"],
  ['bind', ['-b', 'unix:/a', '-b', 'unix:/a'], 'each address once'],
])('a bad %s is refused, at a check as at a start', async ([setting, args, expected]) => {
  for (const more of [[], ['--check-config']]) {
    const gateway = new GatewayProcess([...more, ...args, FIVE_LINES]);
    expect(await gateway.exited).toBe(1);
    expect(gateway.errorText).toMatch(/^gateway: \w+ is [^\n]+ in the command line: [^\n]+\n$/);
    expect(gateway.errorText).toContain(`gateway: ${setting} is `);
    expect(gateway.errorText).toContain(`expected`);
    expect(gateway.errorText).toContain(expected);
  }
});

test.for<[what: string, value: string, shown: string]>([
  ['a bigint', '2n', '2n'],
  ['a function', '() => 2', '[Function: workers]'],
  ['not a number', 'NaN', 'NaN'],
])('a setting that is %s is refused as others are', async ([, value, shown]) => {
  const file = configFile(`export default { workers: ${value} };`);
  expect(await printed(['-c', file])).toContain(
    `workers is ${shown} in ${file}: expected a whole number, at least 1.`,
  );
});

test('a syntax error is told with its file, line and place, also in an imported file', async () => {
  const bad = configFile('\nexport default { workers: ; };');
  const importing = configFile(`import ${JSON.stringify(bad)};\nexport default {};`);
  for (const file of [bad, importing]) {
    // A URL where Node knows the file for a module without looking at it.
    const text = (await printed(['-c', file])).replace('file://', '');
    expect(text).toContain(`${file} cannot be read:\n${bad}`);
    expect(text).toMatch(/:2\n\nexport default \{ workers: ; \};\n {26}\^\n\nSyntaxError.*: .*\n$/);
  }
});

/** A settings file that prints a line each time somebody looks what stands in it. */
const TELLS_READS = `export default new Proxy({}, {
  ownKeys() { console.log('read by', process.pid); return []; },
});`;

test('the settings file is read once', async () => {
  const text = await printed(['-c', configFile(TELLS_READS)]);
  expect(text.match(/^read by/gm)).toHaveLength(1);
});

test('each process reads the settings file once a start, and the arbiter once a reload', async () => {
  const gateway = await GatewayProcess.startOne('five-lines.ts', '-c', configFile(TELLS_READS));
  gateway.signal('SIGHUP');
  await gateway.line(/has exited/);
  await gateway.printed(/^read by/, 4);
  const readers = Array.from(gateway.outputText.matchAll(/^read by (\d+)$/gm), ([, pid]) =>
    Number(pid),
  );
  const arbiter = gateway.child.pid;
  const [first, second] = gateway.workerPids;
  expect(readers).toEqual([arbiter, first, arbiter, second]);
});

test('an error in the settings file is told with its place there, and no further', async () => {
  const file = configFile("\nthrow new Error('planted'); export default {};");
  const text = await printed(['-c', file]);
  expect(text).toMatch(/cannot be read:\nError: planted\n {4}at .*gateway\.config\.ts\?.*:2:7\n$/);
});

/** A folder with an application and settings, and a folder in it with the same application. */
function project(settings: string): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'sub'));
  const application = `export { application } from ${JSON.stringify(join(APPLICATIONS, 'environ.ts'))};`;
  for (const place of [folder, join(folder, 'sub')])
    writeFileSync(join(place, 'app.ts'), application);
  writeFileSync(join(folder, 'gateway.config.ts'), settings);
  return folder;
}

test.for<[what: string, args: readonly string[]]>([
  ['is beside a module', []],
  ['is named by --config', ['--config', 'gateway.config.ts']],
])('settings whose file %s are read again on HUP, also after chdir', async ([, args]) => {
  const settings = `export default { workers: 1, chdir: 'sub', bind: '127.0.0.1:0', rootPath: '/ROOT' };`;
  const folder = project(settings);
  const gateway = new GatewayProcess([...args, './app.ts'], {}, folder);
  const { msg } = await gateway.line(/serving/);
  const running = Object.assign(gateway, { port: Number(/:(\d+) \(pid/.exec(msg)?.[1]) });
  await gateway.line(/is ready/);
  writeFileSync(join(folder, 'gateway.config.ts'), settings.replace('/ROOT', '/CHANGED'));
  gateway.signal('SIGHUP');
  await gateway.lines(/is ready/, 2);
  await gateway.line(/has exited/);
  expect(await environOf(running, '/CHANGED/')).toMatchObject({ SCRIPT_NAME: '/CHANGED' });
});

test('a check loads the application as a start does: in its directory and environment', async () => {
  const folder = temporaryFolder();
  writeFileSync(
    join(folder, 'app.ts'),
    `if (process.env['NEEDED'] !== 'yes') throw new Error('planted');\nexport const application = () => [];`,
  );
  const check = new GatewayProcess([
    '--check-config',
    '--chdir',
    folder,
    '-e',
    'NEEDED=yes',
    './app.ts',
  ]);
  expect(await check.exited).toBe(0);
  const elsewhere = new GatewayProcess(['--check-config', '--chdir', '/', './app.ts'], {}, folder);
  expect(await elsewhere.exited).toBe(3);
});

test('each worker has its number in the environment', async () => {
  const file = join(temporaryFolder(), 'app.ts');
  writeFileSync(
    file,
    "console.log('number:', process.env['GATEWAY_WORKER']);\nexport const application = () => [];",
  );
  const gateway = await GatewayProcess.start(file);
  await gateway.printed(/^number:/, 2);
  const numbers = Array.from(gateway.outputText.matchAll(/^number: (.+)$/gm), ([, one]) => one);
  expect(numbers.toSorted()).toEqual(['1', '2']);
});

test('a start makes up a secret that the workers share, and a check does not', async () => {
  const file = join(temporaryFolder(), 'app.ts');
  writeFileSync(
    file,
    "console.log('secret:', process.env['GATEWAY_SECRET'] ?? 'none');\nexport const application = () => [];",
  );
  const check = new GatewayProcess(['--check-config', file]);
  expect(await check.exited).toBe(0);
  expect(check.outputText).toContain('secret: none');
  const gateway = await GatewayProcess.start(file);
  await gateway.printed(/^secret:/, 2);
  const secrets = Array.from(gateway.outputText.matchAll(/^secret: (.+)$/gm), ([, one]) => one);
  expect(secrets).toEqual([expect.stringMatching(/^[\w-]{43}$/), secrets[0]]);
});
