import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { freePort } from '../packages/wsgi/test/free-port.ts';
import { renderFront } from '../test/load/front-configuration.ts';
import { IMAGE, nginxCommand, OLDEST_VERSION } from '../test/load/nginx.ts';
import { GATEWAY, SERVERS, type Contestant } from './contestants.ts';
import type { Load } from './loads.ts';
import { start, untilAccepts, untilAnswers, workerOf } from './processes.ts';

/** The lines of docs/servers.md. */
const LINES = join(import.meta.dirname, '../test/e2e/fronts');
/** One client, who asks for more than a stranger may: the limits count, and let it. */
const STACK = {
  NGINX_WORKER_PROCESSES: '1',
  NGINX_LIMITS: 'on',
  NGINX_REQUEST_RATE: '1000000r/s',
  NGINX_REQUEST_BURST: '100000',
};

/** nginx with one process, and behind it one server with one worker; the first is what others are compared with. */
export function frontContestants(): readonly Contestant[] {
  const fiveLines = ['--access-logfile', 'none', join(SERVERS, 'five-lines.mjs')];
  const byProtocol = (protocol: string, file: string, what: string): Contestant =>
    behindNginx(protocol, what, { path: '/' }, withLines(file), gateway(protocol, fiveLines));
  return [
    behindNginx(
      'node:http',
      'bare, by HTTP with kept connections, no log',
      { path: '/' },
      withLines('nginx-http.conf'),
      (port) => [[process.execPath, join(SERVERS, 'node-http.mjs')], { PORT: String(port) }],
    ),
    byProtocol('http', 'nginx-http.conf', 'the gateway with five lines, kept connections, no log'),
    byProtocol('fastcgi', 'nginx-fastcgi.conf', 'the same by FastCGI, kept connections'),
    byProtocol('uwsgi', 'nginx-uwsgi.conf', 'the same by uwsgi, a connection a request'),
    byProtocol('scgi', 'nginx-scgi.conf', 'the same by SCGI, a connection a request'),
    behindNginx(
      'whole stack',
      '`nginx/templates` and the sample project, each with its log',
      { path: '/items/7/' },
      (folder, ports) => renderFront(folder, { ...ports, https: 0 }, STACK),
      gateway('http', ['myproject.wsgi']),
    ),
  ];
}

type Configure = (
  folder: string,
  ports: { readonly http: number; readonly gateway: number },
) => void;
type Command = (port: number) => readonly [words: readonly string[], NodeJS.ProcessEnv];

function gateway(protocol: string, args: readonly string[]): Command {
  return (port) => [
    [
      ...[process.execPath, GATEWAY, '--workers', '1'],
      ...['--bind', `${protocol}://127.0.0.1:${port}`, ...args],
    ],
    {},
  ];
}

/** The lines that a person writes, and no more around them than nginx asks for. */
function withLines(file: string): Configure {
  return (folder, ports) => {
    const lines = readFileSync(join(LINES, file), 'utf8')
      .replace('listen 8080', `listen 127.0.0.1:${ports.http}`)
      .replaceAll('127.0.0.1:8001', `127.0.0.1:${ports.gateway}`);
    const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((name) => `${name}_temp_path ${folder}/${name};`)
      .join(' ');
    const frame = `daemon off; worker_processes 1; pid ${folder}/pid; events {}`;
    writeFileSync(
      join(folder, 'nginx.conf'),
      `${frame} http { access_log off; ${places}\n${lines} }`,
    );
  };
}

function behindNginx(
  name: string,
  what: string,
  load: Load,
  configure: Configure,
  command: Command,
): Contestant {
  return {
    name,
    what,
    load,
    async start(port, accessLog) {
      const nginx = nginxCommand();
      if (nginx === undefined) {
        throw new Error(`There is neither nginx ${OLDEST_VERSION.join('.')} nor ${IMAGE}.`);
      }
      const folder = join(dirname(accessLog), `nginx-${port}`);
      // nginx runs as another user.
      mkdirSync(folder);
      chmodSync(folder, 0o777);
      const upstreamPort = await freePort();
      const [words, environment] = command(upstreamPort);
      const server = start(words, environment, accessLog);
      configure(folder, { http: port, gateway: upstreamPort });
      await untilAccepts(upstreamPort);
      const front = start(nginx(folder), {}, join(folder, 'nginx.log'), { isSilent: true });
      await untilAnswers(port);
      const serverPid = server.pid ?? 0;
      return {
        pids: [
          workerOf(masterOf(folder)),
          words.includes(GATEWAY) ? workerOf(serverPid) : serverPid,
        ],
        stop() {
          front.kill();
          server.kill();
        },
      };
    },
  };
}

/** Also in a container, where it is no child of ours: known by its configuration. */
function masterOf(folder: string): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const master = pids.find((pid) => {
    const title = titleOf(pid);
    return title.startsWith('nginx: master') && title.includes(folder);
  });
  if (master === undefined) throw new Error('nginx has no master process');
  return Number(master);
}

/** `''` where the process has just ended. */
function titleOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
