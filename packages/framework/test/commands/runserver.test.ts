import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { runserver } from '../../src/commands/runserver.ts';
import { Debugger } from '../../../wsgi/test/debugger.ts';
import { freePort } from '../../../wsgi/test/free-port.ts';
import { temporaryFolder } from '../../../wsgi/test/temporary-folder.ts';
import { manage, PROJECT, startManage, UNDER_TSX, type Start } from './manage-process.ts';

const PATIENCE = { timeout: 20_000, interval: 50 };
const INSTALLED = join(import.meta.dirname, '../../../../node_modules');

/** A project of its own, whose files the test may change. */
function copyProject(): string {
  const root = mkdtempSync(join(tmpdir(), 'project-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  cpSync(PROJECT, root, { recursive: true });
  symlinkSync(INSTALLED, join(root, 'node_modules'));
  return root;
}

/** Everything that the process has printed so far. */
function outputOf(child: ChildProcess): () => string {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  return () => output;
}

interface Inspection extends Start {
  readonly args?: readonly string[];
}

async function startServer(root: string, { args = [], ...how }: Inspection = {}) {
  const port = await freePort();
  const child = startManage(['runserver', `${port}`, ...args], { root, ...how });
  const output = outputOf(child);
  const answers = (path: string, text: string) =>
    vi.waitFor(async () => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, AS_BROWSER).catch(
        () => undefined,
      );
      expect((await answer?.text()) ?? '', output()).toContain(text);
    }, PATIENCE);
  return { port, child, output, answers };
}

const AS_BROWSER = { headers: { Accept: 'text/html' } };

test('it serves, reloads on a change, shows broken code in the browser, and quits', async () => {
  const root = copyProject();
  const { port, child, output, answers } = await startServer(root, { nodeOptions: UNDER_TSX });
  const exited = once(child, 'exit');

  await answers('/items/7/', 'Item 7');
  expect(output()).toMatch(/Watching .*src for changes/);
  expect(output()).toMatch(/System check identified no issues/);
  expect(output()).toMatch(/settings sample\.settings, DEBUG on/);
  expect(output()).toContain(`http://127.0.0.1:${port}/`);
  expect(output()).toContain('Quit with Control-C.');

  const views = join(root, 'src/sample/views.ts');
  const source = readFileSync(views, 'utf8');
  writeFileSync(views, source.replace('`Item ', '`Changed '));
  await answers('/items/7/', 'Changed 7');
  expect(output()).toContain('/views.ts changed');

  writeFileSync(views, `${source}\nthis no TypeScript`);
  await answers('/items/7/', 'The project cannot be loaded');
  const page = await fetch(`http://127.0.0.1:${port}/anything`, { ...AS_BROWSER, method: 'POST' });
  expect([page.status, page.headers.get('Refresh')]).toEqual([500, '2']);
  expect(await page.text()).toMatch(/views\.ts:\d+.*<mark>no<\/mark> TypeScript/s);
  expect(output()).toMatch(/views\.ts:\d+/);

  writeFileSync(views, source.replace('`Item ', '`Mended '));
  await answers('/items/7/', 'Mended 7');

  child.kill('SIGINT');
  expect(await exited).toEqual([0, null]);
}, 90_000);

test.for<[how: string, toHow: (port: number) => Inspection]>([
  ['an option', (port) => ({ args: [`--inspect=${port}`] })],
  ['a variable', (port) => ({ environment: { RUNSERVER_INSPECT: `127.0.0.1:${port}` } })],
])('a debugger finds the worker, also after a reload, where %s says so', async ([, toHow]) => {
  const root = copyProject();
  const inspectorPort = await freePort();
  const { answers } = await startServer(root, toHow(inspectorPort));
  await answers('/items/7/', 'Item 7');
  const pidThere = async (): Promise<unknown> => {
    const eyes = await Debugger.attach(inspectorPort);
    const pid = await eyes?.evaluate('process.pid');
    eyes?.close();
    return pid;
  };
  const first = await pidThere();
  expect(first).toEqual(expect.any(Number));
  const views = join(root, 'src/sample/views.ts');
  writeFileSync(views, readFileSync(views, 'utf8').replace('`Item ', '`Changed '));
  await answers('/items/7/', 'Changed 7');
  await expect.poll(pidThere, PATIENCE).toEqual(expect.any(Number));
  expect(await pidThere()).not.toBe(first);
});

test('a project that is broken at the start is shown, and served once it is mended', async () => {
  const root = copyProject();
  const settings = join(root, 'src/sample/settings.ts');
  const source = readFileSync(settings, 'utf8');
  writeFileSync(settings, source.replace("ROOT_URLCONF = 'sample.urls'", 'ROOT_URLCONF = 7'));
  const { answers, output } = await startServer(root);
  await answers('/', 'ROOT_URLCONF is 7: expected a string.');
  expect(output()).toContain('ROOT_URLCONF is 7');
  writeFileSync(settings, source);
  await answers('/items/7/', 'Item 7');
}, 60_000);

test("the project's gateway.config.ts holds here too, found by the gateway itself", async () => {
  const root = copyProject();
  const config = "export default { timeout: 'soon' };";
  writeFileSync(join(root, 'src/sample/gateway.config.ts'), config);
  const { child, output } = await startServer(root);
  expect((await once(child, 'exit'))[0]).toBe(1);
  expect(output()).toMatch(/timeout is "soon" in .*src\/\w+\/gateway\.config\.ts/);
}, 60_000);

test('without DEBUG the browser is told nothing of what is broken', async () => {
  const root = copyProject();
  const urls = join(root, 'src/sample/urls.ts');
  writeFileSync(urls, `${readFileSync(urls, 'utf8')}\nthrow new Error('canary');`);
  const { child, output } = await startServer(root, { environment: { DEBUG: 'false' } });
  const [code] = await once(child, 'exit');
  expect(code).not.toBe(0);
  expect(output()).toContain('canary');
}, 60_000);

test('a port in use is told at once', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { code, stderr } = await manage(['runserver', `127.0.0.1:${port}`]);
  expect(code).toBe(1);
  expect(stderr).toBe(
    `127.0.0.1:${port} is in use already: stop what listens there, which \`lsof -i :${port}\` names, or take another port: npm run dev -- ${port + 1}\n`,
  );
  const { stderr: byVariable } = await manage(['runserver'], { PORT: `${port}` });
  expect(byVariable).toBe(stderr);
});

test('a PORT that is none is told', async () => {
  vi.stubEnv('PORT', '80a');
  onTestFinished(() => void vi.unstubAllEnvs());
  await expect(runserver.run([])).rejects.toThrow("The variable PORT is '80a': expected a port.");
});

test('what the compiler finds is told beside the server, until it is mended', async () => {
  const root = copyProject();
  const tsconfig = { extends: join(INSTALLED, '../tsconfig.json') };
  writeFileSync(join(root, 'tsconfig.json'), JSON.stringify(tsconfig));
  const wrong = join(root, 'src/wrong.ts');
  writeFileSync(wrong, 'export const size: number = "seven";\n');
  const { output, answers, child } = await startServer(root, { nodeOptions: UNDER_TSX });
  const toldOf = 'types: src/wrong.ts(1,14): error TS2322';
  await vi.waitFor(() => expect(output()).toContain(toldOf), PATIENCE);
  await answers('/items/7/', 'Item 7');
  writeFileSync(wrong, 'export const size: number = 7;\n');
  await vi.waitFor(() => expect(output()).toContain('types: nothing is wrong any more.'), PATIENCE);
  child.kill('SIGINT');
  await once(child, 'exit');
}, 60_000);

test.for(['99999', 'localhost:99999', 'a b:80', '8000 8001'])(
  '%s is no address to serve on',
  async (address) => {
    await expect(runserver.run([address])).rejects.toThrow(
      `runserver ${address}: expected a port, or an address and a port.`,
    );
  },
);

test('what the gateway cannot bind, it says itself', async () => {
  const { code, stderr } = await manage(['runserver', '127.0.0.1:18327/x']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^gateway: .*127\.0\.0\.1:18327\/x/);
});

test('it ends with its terminal', async () => {
  const { child, answers } = await startServer(copyProject());
  await answers('/items/7/', 'Item 7');
  const exited = once(child, 'exit');
  child.kill('SIGHUP');
  expect(await exited).toEqual([0, null]);
}, 60_000);

test('without DEBUG and ALLOWED_HOSTS it is refused', async () => {
  const { code, stderr } = await manage(['runserver'], { DEBUG: 'false', ALLOWED_HOSTS: ',' });
  expect(code).toBe(1);
  expect(stderr).toBe('ALLOWED_HOSTS is empty: set it where DEBUG is off.\n');
});

test('where the gateway is not installed, that is told', async () => {
  const before = process.cwd();
  onTestFinished(() => process.chdir(before));
  process.chdir(temporaryFolder());
  await expect(runserver.run([])).rejects.toThrow(/there is no node_modules\/\.bin\/gateway in /);
});
