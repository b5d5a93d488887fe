import { execFile, spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../packages/wsgi/test/free-port.ts';
import { SNIPPETS } from './recipes.ts';

const ROOT = join(import.meta.dirname, '../..');
/** What docs/recipes.md has for other frameworks and other servers: it lies over a fresh clone. */
const WRITTEN = join(import.meta.dirname, 'adapters');
/** Of npm, beside the frameworks that the benchmarks compare with. */
const SERVERS = ['bun@1.4.5', 'deno@2.9.6', '@types/express@5.0.6'];
const FRAMEWORKS = ['express', 'fastify', 'hono'];

const folder = mkdtempSync(join(tmpdir(), 'adapters-'));
const clone = join(folder, 'project');

beforeAll(async () => {
  await run('git', ['clone', '--quiet', ROOT, clone], ROOT);
  cpSync(WRITTEN, clone, { recursive: true });
  await run('npm', ['ci', '--silent'], clone);
  await run('npm', ['install', '--silent', ...SERVERS, ...frameworks()], clone);
  await run('npm', ['run', '--silent', 'build'], clone);
});
afterAll(() => rmSync(folder, { recursive: true }));

function frameworks(): string[] {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'bench/package.json'), 'utf8'));
  return FRAMEWORKS.map((name) => `${name}@${dependencies[name]}`);
}

async function run(command: string, words: readonly string[], cwd: string): Promise<void> {
  await promisify(execFile)(command, words, { cwd });
}

type Server = ChildProcessByStdio<null, null, Readable>;

function start(command: string, words: readonly string[], port: number): Server {
  const child = spawn(command, words, {
    cwd: clone,
    env: {
      ...process.env,
      PATH: `${clone}/node_modules/.bin:${process.env['PATH']}`,
      PORT: `${port}`,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

test('each file is a recipe', () => {
  const files = readdirSync(WRITTEN, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const recipes = new Map(SNIPPETS);
  for (const file of files) {
    expect(recipes.get(relative(WRITTEN, file))).toBe(readFileSync(file, 'utf8'));
  }
});

/** Serves an application of another framework in the worker of a gateway, until the test ends. */
async function serve(framework: string): Promise<{ gateway: Server; url: string }> {
  const port = await freePort();
  const words = ['node_modules/.bin/gateway', '--bind', `127.0.0.1:${port}`, `hello.${framework}`];
  const gateway = start('node', words, port);
  for await (const line of createInterface({ input: gateway.stderr })) {
    if (line.includes('is ready')) break;
  }
  gateway.stderr.resume();
  return { gateway, url: `http://127.0.0.1:${port}` };
}

test.for(FRAMEWORKS)('%s answers on the gateway', async (framework) => {
  const { url } = await serve(framework);
  const response = await fetch(`${url}/hello/caf%C3%A9`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  expect(await response.json()).toEqual({ hello: 'café', from: '127.0.0.1' });
});

test.for(FRAMEWORKS)('%s reads a body on the gateway', async (framework) => {
  const { url } = await serve(framework);
  const sent = { text: 'é'.repeat(40_000) };
  const headers = { 'Content-Type': 'application/json' };
  const body = JSON.stringify(sent);
  const response = await fetch(`${url}/echo`, { method: 'POST', headers, body });
  expect(await response.json()).toEqual(sent);
});

test.for(FRAMEWORKS)('%s says itself what it does not have', async (framework) => {
  const { url } = await serve(framework);
  expect((await fetch(`${url}/nowhere`)).status).toBe(404);
});

test.for(FRAMEWORKS)('with %s, the gateway ends in peace', async (framework) => {
  const { gateway, url } = await serve(framework);
  await fetch(`${url}/hello/you`);
  gateway.kill('SIGTERM');
  const [code] = await once(gateway, 'exit');
  expect(code).toBe(0);
});

test.for<[server: string, command: readonly [string, ...string[]], path: string]>([
  ['Express', ['node', 'express.mjs'], '/shop'],
  ['Bun', ['bun', 'bun.mjs'], ''],
  ['Deno', ['deno', 'run', '--allow-all', 'deno.mjs'], ''],
])('%s serves the sample project', async ([, [command, ...words], path]) => {
  const port = await freePort();
  const server = start(command, words, port);
  const url = `http://127.0.0.1:${port}${path}`;
  await untilListening(url, server);

  const item = await fetch(`${url}/items/7/`);
  expect(item.status).toBe(200);
  expect(item.headers.get('x-request-id')).toMatch(/./);
  expect(await item.json()).toEqual({ id: 7, name: 'Item 7' });

  const stream = await fetch(`${url}/stream/`);
  expect(await stream.text()).toMatch(/^1 of 5\n.*\n5 of 5\n$/s);

  const refused = await fetch(url, { method: 'POST', headers: { Origin: 'http://evil.test' } });
  expect(refused.status).toBe(403);
});

async function untilListening(url: string, server: Server): Promise<void> {
  while (server.exitCode === null) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer !== undefined) return;
    await delay(50);
  }
}
