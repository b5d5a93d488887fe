import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../wsgi/test/temporary-folder.ts';
import { GatewayProcess } from './gateway-process.ts';

test.for<[where: string, toArgs: (folder: string) => string[], toCwd: (folder: string) => string]>([
  ['the working directory', () => [], (folder) => folder],
  ['what chdir says', (folder) => ['--chdir', folder], () => '/'],
])('a dotted name is looked for below %s', async ([, toArgs, toCwd]) => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'src/shop'), { recursive: true });
  writeFileSync(join(folder, 'src/shop/wsgi.ts'), 'export const application = () => [];');
  writeFileSync(join(folder, 'src/shop/gateway.config.ts'), 'export default { timeout: 17 };');
  const args = [...toArgs(folder), 'shop.wsgi'];
  const checked = new GatewayProcess(['--check-config', ...args], {}, toCwd(folder));
  expect(await checked.exited).toBe(0);
  const printed = new GatewayProcess(['--print-config', ...args], {}, toCwd(folder));
  await printed.exited;
  expect(printed.outputText).toContain('timeout = 17');
});

/** Two releases, each with a settings file of its own, and `current`, a link to the first. */
function releases() {
  const folder = temporaryFolder();
  const current = join(folder, 'current');
  for (const name of ['r1', 'r2']) {
    mkdirSync(join(folder, name, 'src/shop'), { recursive: true });
    writeFileSync(
      join(folder, name, 'src/shop/wsgi.ts'),
      `export const application = (environ, startResponse) => {
        startResponse('200 OK', []);
        return [Buffer.from('${name} of ' + process.env.RELEASE + ' in ' + process.cwd())];
      };`,
    );
    writeFileSync(
      join(folder, name, 'src/shop/gateway.config.ts'),
      `export default { rawEnv: 'RELEASE=${name}' };`,
    );
  }
  symlinkSync('r1', current);
  const switchTo = (name: string): void => {
    symlinkSync(name, `${current}.new`);
    renameSync(`${current}.new`, current);
  };
  return { folder, current, switchTo };
}

const SERVE = ['--bind', '127.0.0.1:0', '--workers', '1'];

test.for<[how: string, args: string[], directory: string]>([
  ['chdir names, for a dotted name', ['--chdir', 'current', 'shop.wsgi'], '.'],
  ['chdir names, for a path', ['--chdir', 'current', 'src/shop/wsgi.ts'], '.'],
  ['it was started in, for a dotted name', ['shop.wsgi'], 'current'],
  ['it was started in, for a path', ['./src/shop/wsgi.ts'], 'current'],
  ['it was started below', ['wsgi.ts'], 'current/src/shop'],
])('HUP serves what is behind the link that %s', async ([, args, directory]) => {
  const { folder, switchTo } = releases();
  const cwd = join(folder, directory);
  const gateway = new GatewayProcess([...SERVE, ...args], { PWD: cwd }, cwd);
  const { port } = await gateway.untilReady(1);
  const answer = async () => (await fetch(`http://127.0.0.1:${port}/`)).text();
  const inside = directory === 'current/src/shop' ? '/src/shop' : '';
  expect(await answer()).toBe(`r1 of r1 in ${folder}/r1${inside}`);
  switchTo('r2');
  process.kill(gateway.workerPids[0] ?? 0, 'SIGKILL');
  await gateway.line(/worker 2 is ready/);
  expect(await answer()).toBe(`r1 of r1 in ${folder}/r1${inside}`);
  gateway.signal('SIGHUP');
  await gateway.line(/worker 2 has exited/);
  expect(await answer()).toBe(`r2 of r2 in ${folder}/r2${inside}`);
});

test('a PWD that leads elsewhere is not believed', async () => {
  const { folder } = releases();
  const gateway = new GatewayProcess(
    [...SERVE, 'shop.wsgi'],
    { PWD: join(folder, 'r2') },
    join(folder, 'r1'),
  );
  const { port } = await gateway.untilReady(1);
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  expect(await answer.text()).toContain('r1 of r1');
});

test('a release that was taken away under its gateway is told of as such', async () => {
  const { folder } = releases();
  const gateway = new GatewayProcess([...SERVE, '--chdir', 'current', 'shop.wsgi'], {}, folder);
  await gateway.untilReady(1);
  rmSync(join(folder, 'r1'), { recursive: true });
  process.kill(gateway.workerPids[0] ?? 0, 'SIGKILL');
  const { msg } = await gateway.line(/worker 2 could not start/);
  expect(msg).toBe(`worker 2 could not start: its directory ${folder}/r1 is not there any more`);
});
