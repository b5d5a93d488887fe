import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { CHILD_ENVIRONMENT } from '../../wsgi/test/child-environment.ts';
import { temporaryFolder } from '../../wsgi/test/temporary-folder.ts';

const CODE = `
import { getWsgiApplication, sign } from '${join(import.meta.dirname, '../src/index.ts')}';
await getWsgiApplication();
Date.now = () => 0;
console.log(sign('value', { salt: 'a' }));
`;

interface Told {
  readonly lines: string[];
  readonly signature: string;
}

/** What a process of such an environment says at the start of the application, and how it signs. */
async function start(environment: Record<string, string>, cwd?: string): Promise<Told> {
  const SETTINGS_MODULE = join(import.meta.dirname, 'settings-modules/mistaken.ts');
  const env = { ...CHILD_ENVIRONMENT, SETTINGS_MODULE, ...environment };
  const args = ['--conditions=source', '--input-type=module', '--eval', CODE];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env, cwd });
  const entries = stderr.trim().split('\n').filter(Boolean);
  const lines = entries.map((line) => {
    const { check, setting } = JSON.parse(line) as { check?: string; setting?: string };
    return check ?? setting ?? '';
  });
  return { lines, signature: stdout };
}

const ALL = ['SECRET_KEY', 'settings.W101', 'urls.W101'];

test.for<[who: string, environment: Record<string, string>, lines: string[]]>([
  ['any other server', {}, ALL],
  ['the first worker', { GATEWAY_WORKER: '1' }, ALL],
  ['the second worker', { GATEWAY_WORKER: '2' }, []],
  ['the first worker of runserver, which has told it', { RUNSERVER: 'true' }, []],
  ['its next worker', { RUNSERVER: 'true', GATEWAY_WORKER: '2' }, ALL],
  ['development', { TEST_DEBUG: 'true' }, ALL.slice(1)],
])('of a slip of the pen %s says %j', async ([, environment, lines]) => {
  expect((await start(environment)).lines).toEqual(lines);
});

test.for([
  ['true', 1],
  ['false', 2],
] as const)('under DEBUG=%s two starts of a checkout have %i keys', async ([TEST_DEBUG, count]) => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'node_modules'));
  const one = await start({ TEST_DEBUG }, folder);
  const other = await start({ TEST_DEBUG }, folder);
  expect(new Set([one.signature, other.signature]).size).toBe(count);
});
