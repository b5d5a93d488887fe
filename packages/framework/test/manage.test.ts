import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { manage, outcomeOf, PROJECT, startManage, UNDER_TSX } from './commands/manage-process.ts';
import { runHere } from './commands/run-here.ts';
import { makeTree } from './staticfiles/tree.ts';

const COMMANDS = ['check', 'collectstatic', 'diffsettings', 'runserver', 'shell', 'startproject'];
const BAD_MODULE = join(import.meta.dirname, 'settings-modules/bad.ts');

beforeEach(() => {
  vi.stubEnv('SETTINGS_MODULE', join(PROJECT, 'src/sample/settings.ts'));
});

test.for([
  ['check', '--help'],
  ['check', '--deploy', '-h'],
  ['help', 'check'],
])('manage %s %s says what the command takes', async (...[args]) => {
  const { code, stdout } = await runHere(args);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Usage: npm run manage -- check \[--deploy\].*\n\nLooks for mistakes/);
});

test.for([[], ['help'], ['--help']])('manage %j lists the commands', async (args) => {
  const { code, stdout } = await runHere(args);
  expect(code).toBe(0);
  for (const name of COMMANDS) {
    expect(stdout).toMatch(new RegExp(`^  ${name} .*\\.$`, 'm'));
  }
  expect(stdout).not.toContain('not configured');
});

test('help works without valid settings and says so', async () => {
  const { code, stdout } = await manage(['help'], { SETTINGS_MODULE: 'sample.nowhere' });
  expect(code).toBe(0);
  expect(stdout).toContain('runserver');
  expect(stdout).toMatch(/not configured.*\n.*'sample\.nowhere'/);
});

test.for([
  [['chekc'], "There is no command 'chekc'. Did you mean 'check'?"],
  [['frobnicate'], "There is no command 'frobnicate'. 'help' lists those there are."],
  [['check', '--deplyo'], "Unknown option '--deplyo'"],
  [['check', '--fail-level', 'bad'], "--fail-level is 'bad': expected one of info, warning"],
  [['startproject'], 'Usage: startproject NAME'],
  [['runserver', 'nonsense'], 'nonsense cannot be listened at'],
] as const)('manage %j exits 1 with the message alone', async ([args, message]) => {
  const { code, stderr } = await runHere(args);
  expect(code).toBe(1);
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/^ +at /m);
});

test('a bad configuration is told whole, without a stack', async () => {
  const { code, stderr } = await manage(['check'], {
    SETTINGS_MODULE: BAD_MODULE,
    BAD_SETTINGS_WORKERS: 'many',
  });
  expect(code).toBe(1);
  expect(stderr).toContain('ALLOWED_HOSTS');
  expect(stderr).toContain("BAD_SETTINGS_WORKERS is 'many'");
  expect(stderr).not.toMatch(/^ +at /m);
});

test('check finds nothing in a sound project, under tsx as people run it', async () => {
  const child = startManage(['check'], { nodeOptions: UNDER_TSX });
  const { code, stdout, stderr } = await outcomeOf(child);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toBe('System check identified no issues (0 silenced).\n');
});

test('check --deploy warns of DEBUG and exits 0', async () => {
  const { code, stdout, stderr } = await manage(['check', '--deploy'], { DEBUG: 'true' });
  expect(code).toBe(0);
  expect(stderr).toMatch(/^WARNING \(security\.W018\) DEBUG is on/m);
  expect(stdout).toMatch(/^System check identified \d issues \(0 silenced\)\.$/m);
});

test('check exits 1 where something is as bad as --fail-level', async () => {
  const args = ['check', '--deploy', '--fail-level', 'WARNING'];
  expect((await manage(args, { DEBUG: 'true' })).code).toBe(1);
});

test('check exits 1 on an error', async () => {
  const module = join(import.meta.dirname, 'settings-modules/no-urls.ts');
  const { code, stderr } = await manage(['check'], { SETTINGS_MODULE: module });
  expect(code).toBe(1);
  expect(stderr).toContain('ERROR (urls.E001) ROOT_URLCONF');
});

test('diffsettings shows what differs, secrets masked', async () => {
  const module = join(import.meta.dirname, 'settings-modules/secret.ts');
  const { code, stdout } = await manage(['diffsettings'], { SETTINGS_MODULE: module });
  expect(code).toBe(0);
  expect(stdout.split('\n')).toEqual([
    "ALLOWED_HOSTS = [ 'example.com' ]",
    "DATABASE_URL = 'postgres://********@db/app'  ###",
    "PAYMENT_API_TOKEN = '********'  ###",
    '',
  ]);
});

test('diffsettings --all shows the defaults too, and empty secrets as what they are', async () => {
  const { stdout } = await manage(['diffsettings', '--all']);
  expect(stdout).toMatch(/^APPEND_SLASH = true$/m);
  expect(stdout).toMatch(/^BASE_DIR = .* {2}###$/m);
  expect(stdout).toMatch(/^SECRET_KEY = ''$/m);
  expect(stdout).toMatch(/^SECRET_KEY_FALLBACKS = \[\]$/m);
});

test.for(['help', 'check', 'diffsettings'])('%s ends quietly without a reader', async (name) => {
  const child = startManage([name]);
  child.stdout?.destroy();
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('shell has the settings, the application and a client', async () => {
  const lines = [
    'settings.ROOT_URLCONF',
    'typeof application',
    'reverse.name',
    '(await client.get(settings.HEALTH_PATH)).text()',
  ];
  const { code, stdout } = await manage(['shell'], {}, lines.join('\n'));
  expect(code).toBe(0);
  for (const answer of ["'sample.urls'", "'function'", "'reverse'", "'ok\\n'"]) {
    expect(stdout).toContain(`> ${answer}`);
  }
});

test('collectstatic fills STATIC_ROOT and prints the count', async () => {
  const root = makeTree({});
  const { code, stdout } = await manage(['collectstatic'], { STATIC_ROOT: root });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^(\d+) static files? copied to '.*', \1 post-processed\.\n$/);
  expect(existsSync(join(root, 'staticfiles.json'))).toBe(true);
});
