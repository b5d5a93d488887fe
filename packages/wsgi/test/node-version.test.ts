import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { CHILD_ENVIRONMENT } from './child-environment.ts';
import { temporaryFolder } from './temporary-folder.ts';

const PACKAGES = join(import.meta.dirname, '../..');
const GATEWAY = join(PACKAGES, 'gateway/src/cli.ts');
const MANAGE = join(PACKAGES, 'framework/test/project/src/manage.ts');

/** Has Node say that it is another version. */
function disguise(versions: object): string {
  return `data:text/javascript,Object.defineProperty(process, 'versions', { value: ${JSON.stringify(versions)} })`;
}

/** A folder with a Node of the project's own, or without one, and a link to the command in it. */
function project(command: string, { hasNode }: { hasNode: boolean }) {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true });
  if (hasNode) symlinkSync(process.execPath, join(folder, 'node_modules/.bin/node'));
  const name = command === GATEWAY ? 'gateway' : 'manage.ts';
  symlinkSync(command, join(folder, name));
  return { folder, command: join(folder, name) };
}

test.for<[what: string, file: string, hasNode: boolean, npm: string | undefined, advice: string]>([
  ['the gateway', GATEWAY, true, undefined, "Use `npx gateway …`, which runs the project's own."],
  ['manage', MANAGE, true, undefined, "Use `npm run manage -- …`, which runs the project's own."],
  ['the gateway without npm ci', GATEWAY, false, undefined, 'Run `npm ci`, which brings it along.'],
  ['manage by npm', MANAGE, true, '/npm', 'Run `npm ci`, which brings it along.'],
])(
  '%s says in one line which Node it needs, and how to have it',
  ([, file, hasNode, npm, advice]) => {
    const { folder, command } = project(file, { hasNode });
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', disguise({ node: '26.3.9' }), command, '--version'],
      { cwd: folder, env: { ...CHILD_ENVIRONMENT, npm_execpath: npm }, encoding: 'utf8' },
    );
    expect([status, stdout, stderr]).toEqual([
      1,
      '',
      `Node 26.3.9 is too old: 26.4 or later is needed. ${advice}\n`,
    ]);
  },
);

test.for([
  { node: '26.4.0' },
  { node: '27.0.0' },
  { node: '24.3.0', bun: '1.3' },
  { node: '24.3.0', deno: '2.5' },
])('%j is taken for what it is', (versions) => {
  const script =
    "import { requireNode } from '@wsgi/wsgi/node-version'; requireNode(); console.log('goes on');";
  const output = execFileSync(
    process.execPath,
    ['--import', disguise(versions), '--input-type=module', '-e', script],
    { cwd: PACKAGES, env: CHILD_ENVIRONMENT, encoding: 'utf8' },
  );
  expect(output).toBe('goes on\n');
});

/** The machine's own Node, where that is an older one: npm puts the project's before it. */
const OLDER = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'node'))
  .find((node) => existsSync(node) && isOlder(node));

function isOlder(node: string): boolean {
  const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  return Number(/^v(\d+)\./.exec(stdout)?.[1] ?? Infinity) < 26;
}

const BUILT = join(PACKAGES, '../dist/manage.js');

test.runIf(OLDER !== undefined && existsSync(BUILT)).for([
  ['dist/manage.js', 'check'],
  ['node_modules/.bin/gateway', 'myproject.wsgi'],
])('a really older Node says the same of %s', (args) => {
  const { status, stderr } = spawnSync(OLDER ?? '', args, {
    cwd: join(PACKAGES, '..'),
    env: { PATH: process.env['PATH'] },
    encoding: 'utf8',
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^Node \d+\.\d+\.\d+ is too old: 26\.4 or later is needed\. Use `np.*\n$/);
});
