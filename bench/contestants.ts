import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { prepareWork, type Load } from './loads.ts';
import { start, untilAnswers, workerOf } from './processes.ts';

/** A server that is measured, and what it is asked for. */
export interface Contestant {
  readonly name: string;
  readonly what: string;
  readonly load: Load;
  /** Starts it on a port of the loopback interface; the access log, if any, goes to a file. */
  start(port: number, accessLog: string): Promise<Running>;
}

export interface Running {
  /** The processes that answer: their CPU time and their memory count. */
  readonly pids: readonly number[];
  stop(): void;
}

export const SERVERS: string = join(import.meta.dirname, 'servers');
/** Of Bun and Deno: not scripts that start them, else it would not be them that are measured. */
const BINARIES = join(import.meta.dirname, 'node_modules/.bin');
const NODE = [process.execPath];
export const GATEWAY: string = join(import.meta.dirname, '../node_modules/.bin/gateway');

const ROOT: Load = { path: '/' };
const ITEM: Load = { path: '/items/7/' };

export const CONTESTANTS: readonly Contestant[] = [
  script('floor', 'a bare `node:net` server that answers a constant', 'floor.mjs', ROOT),
  script('node:http', 'bare `node:http`, no routing, no log', 'node-http.mjs', ROOT),
  script('Bun.serve', 'no routing, no log', 'bun.mjs', ROOT, [join(BINARIES, 'bun')]),
  script('Deno.serve', 'no routing, no log', 'deno.mjs', ROOT, [
    join(BINARIES, 'deno'),
    ...['run', '--allow-net', '--allow-env'],
  ]),
  gateway('five lines', 'the gateway with a five-line application, no log', ROOT, [
    '--access-logfile',
    'none',
    join(SERVERS, 'five-lines.mjs'),
  ]),
  gateway('sample project', 'routing, middleware and JSON access log', ITEM, ['myproject.wsgi']),
  script('Fastify', 'with its logger', 'fastify.mjs', ITEM),
  script('Hono', 'on its Node server, no log', 'hono.mjs', ITEM),
  script('Express 5', 'no log', 'express.mjs', ITEM),
];

/** The framework and its peers at the same work: one row of contestants for each kind. */
export function workRows(folder: string): readonly WorkRow[] {
  const { works, environment } = prepareWork(folder);
  return works.map(({ name, load }) => ({
    name,
    own: gateway('gateway', name, load, [join(SERVERS, 'work/wsgi.mjs')], environment),
    peers: [
      script('Fastify', name, 'work/fastify.mjs', load, NODE, environment),
      script('Hono', name, 'work/hono.mjs', load, NODE, environment),
      script('Express', name, 'work/express.mjs', load, NODE, environment),
    ],
  }));
}

export interface WorkRow {
  readonly name: string;
  readonly own: Contestant;
  readonly peers: readonly Contestant[];
}

/** gunicorn with Django, in a container: only where a Docker engine answers. */
export const GUNICORN: Contestant = {
  name: 'gunicorn + Django',
  what: 'one synchronous worker, with access log',
  load: ITEM,
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
    await untilAnswers(port);
    // The arbiter is first, its worker second.
    const pids = docker('top', id, '-o', 'pid').split('\n').slice(1).map(Number);
    return { pids: pids.slice(-1), stop: () => void docker('kill', id) };
  },
};

function script(
  name: string,
  what: string,
  file: string,
  load: Load,
  runtime: readonly string[] = NODE,
  environment: NodeJS.ProcessEnv = {},
): Contestant {
  return {
    name,
    what,
    load,
    async start(port, accessLog) {
      const child = start([...runtime, join(SERVERS, file)], {
        PORT: String(port),
        ACCESS_LOG: accessLog,
        ...environment,
      });
      await untilAnswers(port);
      return { pids: [child.pid ?? 0], stop: () => void child.kill() };
    },
  };
}

function gateway(
  name: string,
  what: string,
  load: Load,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Contestant {
  return {
    name,
    what,
    load,
    async start(port, accessLog) {
      const own = ['--workers', '1', '--bind', `127.0.0.1:${port}`];
      const child = start([process.execPath, GATEWAY, ...own, ...args], environment, accessLog);
      await untilAnswers(port);
      return { pids: [workerOf(child.pid ?? 0)], stop: () => void child.kill() };
    },
  };
}
