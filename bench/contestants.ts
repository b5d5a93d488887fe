import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A server that is measured, and the path that it is asked for. */
export interface Contestant {
  readonly name: string;
  readonly what: string;
  readonly path: string;
  /** Starts it on a port of the loopback interface; the access log, if any, goes to a file. */
  start(port: number, accessLog: string): Promise<Running>;
}

export interface Running {
  /** The process that answers: its CPU time and its memory count. */
  readonly pid: number;
  stop(): void;
}

const SERVERS = join(import.meta.dirname, 'servers');
/** Of Bun and Deno: not scripts that start them, else it would not be them that are measured. */
const BINARIES = join(import.meta.dirname, 'node_modules/.bin');
const GATEWAY = join(import.meta.dirname, '../node_modules/.bin/gateway');

export const CONTESTANTS: readonly Contestant[] = [
  script('floor', 'a bare `node:net` server that answers a constant', 'floor.mjs', '/'),
  script('node:http', 'bare `node:http`, no routing, no log', 'node-http.mjs', '/'),
  script('Bun.serve', 'no routing, no log', 'bun.mjs', '/', [join(BINARIES, 'bun')]),
  script('Deno.serve', 'no routing, no log', 'deno.mjs', '/', [
    join(BINARIES, 'deno'),
    ...['run', '--allow-net', '--allow-env'],
  ]),
  gateway('five lines', 'the gateway with a five-line application, no log', '/', [
    '--access-logfile',
    'none',
    join(SERVERS, 'five-lines.mjs'),
  ]),
  gateway('sample project', 'routing, middleware and JSON access log', '/items/7/', [
    'myproject.wsgi',
  ]),
  script('Fastify', 'with its logger', 'fastify.mjs', '/items/7/'),
  script('Hono', 'on its Node server, no log', 'hono.mjs', '/items/7/'),
  script('Express 5', 'no log', 'express.mjs', '/items/7/'),
];

/** gunicorn with Django, in a container: only where a Docker engine answers. */
export const GUNICORN: Contestant = {
  name: 'gunicorn + Django',
  what: 'one synchronous worker, with access log',
  path: '/items/7/',
  async start(port) {
    const docker = (...words: string[]): string =>
      execFileSync('docker', words, { encoding: 'utf8' }).trim();
    const command = 'gunicorn -b 0.0.0.0:8000 --access-logfile /tmp/access.log django_app'.split(
      ' ',
    );
    const id = docker(
      ...['create', '--rm', '--workdir', '/tmp', '--publish', `127.0.0.1:${port}:8000`],
      ...['peers:latest', ...command],
    );
    docker('cp', join(SERVERS, 'django_app.py'), `${id}:/tmp/`);
    docker('start', id);
    await untilAnswers(port, this.path);
    // The arbiter is first, its worker second.
    const pids = docker('top', id, '-o', 'pid').split('\n').slice(1).map(Number);
    return { pid: pids.at(-1) ?? 0, stop: () => void docker('kill', id) };
  },
};

function script(
  name: string,
  what: string,
  file: string,
  path: string,
  runtime: readonly string[] = [process.execPath],
): Contestant {
  return {
    name,
    what,
    path,
    async start(port, accessLog) {
      const child = start([...runtime, join(SERVERS, file)], {
        PORT: String(port),
        ACCESS_LOG: accessLog,
      });
      await untilAnswers(port, path);
      return { pid: child.pid ?? 0, stop: () => void child.kill() };
    },
  };
}

function gateway(name: string, what: string, path: string, args: readonly string[]): Contestant {
  return {
    name,
    what,
    path,
    async start(port, accessLog) {
      const own = ['--workers', '1', '--bind', `127.0.0.1:${port}`];
      const child = start([process.execPath, GATEWAY, ...own, ...args], {}, accessLog);
      await untilAnswers(port, path);
      return { pid: workerOf(child.pid ?? 0), stop: () => void child.kill() };
    },
  };
}

function start(
  [file = '', ...args]: readonly string[],
  environment: NodeJS.ProcessEnv,
  outputFile = '/dev/null',
): ChildProcess {
  const output = openSync(outputFile, 'a');
  const child = spawn(file, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', output, 'inherit'],
  });
  closeSync(output);
  return child;
}

function workerOf(arbiterPid: number): number {
  const children = readFileSync(`/proc/${arbiterPid}/task/${arbiterPid}/children`, 'utf8');
  return Number(children.trim().split(' ')[0]);
}

async function untilAnswers(port: number, path: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
    if (response?.ok) return void (await response.text());
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nothing answers on port ${port}`);
}
