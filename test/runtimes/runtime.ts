import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { build, type Plugin } from 'esbuild';
import { afterAll } from 'vitest';
import type { Serve, Subject } from '../../packages/wsgi/test/conformance.ts';
import { freePort, listens } from '../../packages/wsgi/test/free-port.ts';
import type { Turn } from './application.ts';

const ROOT = join(import.meta.dirname, '../..');
const BIN = join(import.meta.dirname, 'node_modules/.bin');

export interface Runtime {
  /** What the documentation shows: it imports the application of a project. */
  readonly entry: string;
  /** What stands beside it. */
  readonly files?: readonly string[];
  /** Of the folder that has these, to serve at a port. */
  readonly command: (port: number) => readonly [string, ...string[]];
}

/** Starts a runtime once, until the tests of the file end: it serves what the suite is at. */
export async function startRuntime({ entry, files = [], command }: Runtime): Promise<Serve> {
  const folder = mkdtempSync(join(tmpdir(), 'runtime-'));
  const turns: Subject[] = [];
  const control = await controlServer(turns);
  const { port: controlPort } = control.address() as AddressInfo;
  await bundle(join(ROOT, entry), join(folder, basename(entry)), `http://127.0.0.1:${controlPort}`);
  for (const file of files) copyFileSync(join(ROOT, file), join(folder, basename(file)));
  const port = await freePort();
  const child = start(command(port), folder, port);
  afterAll(async () => {
    child.kill('SIGKILL');
    control.close();
    control.closeAllConnections();
    rmSync(folder, { recursive: true });
  });
  await untilListening(child, port);
  return async (_application, subject) => {
    turns.push(subject);
    return { port, close: async () => {} };
  };
}

/** Tells the other process which test it is, and keeps the log. */
async function controlServer(turns: readonly Subject[]): Promise<Server> {
  const server = createServer(async (request, response) => {
    const { name = '' } = turns.at(-1) ?? {};
    const turn: Turn = { number: turns.length - 1, name };
    if (request.method === 'POST') await log(turns, request);
    response.end(JSON.stringify(turn));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

/** `/7/until`: what waits for an event of the test before last is not to find one of the last. */
async function log(turns: readonly Subject[], request: IncomingMessage): Promise<void> {
  const [, number, what] = (request.url ?? '').split('/');
  const event = await text(request);
  const subject = turns[Number(number)];
  if (what === 'add') subject?.log.add(event);
  else await subject?.log.until(event);
}

async function bundle(entry: string, outfile: string, url: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    conditions: ['source'],
    define: { TEST_URL: JSON.stringify(url) },
    nodePaths: [join(ROOT, 'node_modules')],
    external: ['node:*'],
    plugins: [suite],
  });
}

/** The project is the suite, of which all but the applications stays on this side. */
const suite: Plugin = {
  name: 'suite',
  setup(builder) {
    builder.onResolve({ filter: /\/(?:wsgi|application)\.js$/ }, () => ({
      path: join(import.meta.dirname, 'application.ts'),
    }));
    builder.onResolve({ filter: /^(?:vitest$|node:)/ }, ({ path, importer }) =>
      // For the words of its errors alone.
      /\/packages\/wsgi\/(?:test|src\/validator)\//.test(importer)
        ? { path, namespace: 'this side' }
        : undefined,
    );
    builder.onLoad({ filter: /./, namespace: 'this side' }, () => ({
      contents: 'module.exports = { inspect: String };',
    }));
  },
};

function start([program, ...words]: readonly [string, ...string[]], cwd: string, port: number) {
  return spawn(join(BIN, program), words, {
    cwd,
    env: { ...process.env, PORT: String(port), NO_COLOR: '1' },
    stdio: process.env['VERBOSE'] ? 'inherit' : 'ignore',
  });
}

async function untilListening(child: ChildProcess, port: number): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the runtime ended with ${child.exitCode}`);
    if (await listens(port)) return;
    await delay(20);
  }
}
