import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../packages/wsgi/test/free-port.ts';
import { useStack } from '../../test/e2e/stack.ts';

const ROOT = join(import.meta.dirname, '../..');
const clone = join(mkdtempSync(join(tmpdir(), 'newcomer-')), 'project');

useStack();

beforeAll(async () => {
  await promisify(execFile)('git', ['clone', '--quiet', ROOT, clone]);
});
afterAll(() => rmSync(join(clone, '..'), { recursive: true, force: true }));

/** The README's commands, in its order. */
const COMMANDS = [
  ...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/^```sh\n([^`]+)```$/gm),
].flatMap(([, block = '']) => block.trim().split('\n'));

/** The command that is this, or begins like this, as the README has it. */
function command(beginning: string): string {
  const found =
    COMMANDS.find((line) => line === beginning) ??
    COMMANDS.find((line) => line.startsWith(beginning));
  if (found === undefined) throw new Error(`The README has no command '${beginning} …'.`);
  return found;
}

async function run(line: string, environment: NodeJS.ProcessEnv = {}): Promise<string> {
  const options = { cwd: clone, env: { ...process.env, ...environment } };
  const { stdout } = await promisify(execFile)('sh', ['-c', line], options);
  return stdout;
}

test('every command of the README is run by a test here', () => {
  expect(COMMANDS).toEqual([
    'docker compose up --wait',
    // Both by themselves, below.
    'npm ci && npm run dev',
    'curl -i http://localhost:8080/',
    'docker compose logs',
    'docker compose down',
    'npm ci',
    'npm start',
    'npm run dev',
    'npm run manage -- help',
    // By .ci/run, which runs this test as well.
    'npm cit',
  ]);
});

test('docker compose serves a fresh clone, and its logs share the request id', async () => {
  const port = await freePort();
  const environment = {
    HTTP_PORT: `127.0.0.1:${port}`,
    COMPOSE_PROJECT_NAME: `readme-${process.pid}`,
  };
  try {
    await run(command('docker compose up'), environment);
    const answer = await run(command('curl').replace('8080', String(port)));
    expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    const id = /^X-Request-ID: (\S+)\r$/m.exec(answer)?.[1] ?? 'none';
    const logs = await run(command('docker compose logs'), environment);
    expect(logs.split('\n').filter((line) => line.includes(id))).toHaveLength(2);
  } finally {
    await run(`${command('docker compose down')} --rmi all`, environment);
  }
});

test(
  'npm serves a fresh clone, static files included, and develops it',
  { timeout: 240_000 },
  async () => {
    await run(command('npm ci'));
    expect(await run(command('npm run manage'))).toContain('runserver');
    for (const line of [command('npm start'), command('npm run dev')]) {
      const port = await freePort();
      const page = await pageServedBy(line, port);
      expect(page).toContain('Your project is running');
    }
  },
);

/** Starts a server by its command, reads its page and the style sheet of that, and stops it. */
async function pageServedBy(line: string, port: number): Promise<string> {
  const address = `127.0.0.1:${port}`;
  const isDevelopment = line.endsWith('dev');
  const server = spawn('sh', ['-c', `exec ${line}${isDevelopment ? ` -- ${address}` : ''}`], {
    cwd: clone,
    env: { ...process.env, ...(isDevelopment ? {} : { GATEWAY_CMD_ARGS: `--bind ${address}` }) },
    stdio: 'inherit',
    detached: true,
  });
  try {
    const page = await untilServed(`http://${address}/`);
    const [, href = ''] = /href="(\/static\/[^"]+\.css)"/.exec(page) ?? [];
    const sheet = await fetch(`http://${address}${href}`);
    expect([sheet.status, sheet.headers.get('content-type')]).toEqual([
      200,
      expect.stringMatching(/^text\/css/),
    ]);
    return page;
  } finally {
    await stop(server);
  }
}

async function untilServed(url: string): Promise<string> {
  return expect
    .poll(() => fetch(url).then((response) => response.text()), { timeout: 60_000, interval: 200 })
    .toContain('</html>')
    .then(() => fetch(url))
    .then((response) => response.text());
}

/** As Control-C does: the whole group of processes is told. */
async function stop(server: ChildProcess): Promise<void> {
  if (server.pid !== undefined && server.exitCode === null) {
    process.kill(-server.pid, 'SIGINT');
    await once(server, 'exit');
  }
}
