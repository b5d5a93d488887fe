import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, listens } from '../../../packages/wsgi/test/free-port.ts';

export const ROOT: string = join(import.meta.dirname, '../../..');
export const CLI: string = join(ROOT, 'packages/gateway/src/cli.ts');
const CGI = join(ROOT, 'packages/wsgi/src/cgi-command.ts');
const PATH = `${process.env['PATH']}:/usr/sbin`;
const APPLICATION = join(import.meta.dirname, 'application.ts');

export type ProtocolName = 'http' | 'uwsgi' | 'scgi' | 'fastcgi';

/** A process that serves at a port, with a folder of its own. */
export interface Serving {
  readonly port: number;
  readonly child: ChildProcess;
  /** What it has written. */
  readonly output: () => string;
  close(): Promise<void>;
}

/** A front server, and how it asks the gateway; the file is the one of docs/servers.md. */
export interface Front {
  readonly name: string;
  readonly protocol: ProtocolName | 'cgi';
  readonly file: string;
}

export const FRONTS: readonly Front[] = [
  front('nginx', 'http', 'nginx-http.conf'),
  front('nginx', 'uwsgi', 'nginx-uwsgi.conf'),
  front('nginx', 'scgi', 'nginx-scgi.conf'),
  front('nginx', 'fastcgi', 'nginx-fastcgi.conf'),
  front('apache', 'http', 'apache-http.conf'),
  front('apache', 'uwsgi', 'apache-uwsgi.conf'),
  front('apache', 'scgi', 'apache-scgi.conf'),
  front('apache', 'fastcgi', 'apache-fastcgi.conf'),
  front('apache', 'cgi', 'apache-cgi.conf'),
  front('lighttpd', 'uwsgi', 'lighttpd-uwsgi.conf'),
  front('lighttpd', 'scgi', 'lighttpd-scgi.conf'),
  front('lighttpd', 'fastcgi', 'lighttpd-fastcgi.conf'),
  front('lighttpd', 'cgi', 'lighttpd-cgi.conf'),
  front('haproxy', 'http', 'haproxy-http.cfg'),
  front('haproxy', 'fastcgi', 'haproxy-fastcgi.cfg'),
  front('caddy', 'http', 'caddy-http.Caddyfile'),
  front('caddy', 'fastcgi', 'caddy-fastcgi.Caddyfile'),
  front('uwsgi', 'uwsgi', 'uwsgi-router.ini'),
];

function front(program: string, protocol: Front['protocol'], file: string): Front {
  return { name: program, protocol, file };
}

/** Serves the application by all protocols at once. */
export async function startGateway(
  leftFile: string,
): Promise<Serving & { readonly ports: Readonly<Record<ProtocolName, number>> }> {
  const ports = {
    http: await freePort(),
    uwsgi: await freePort(),
    scgi: await freePort(),
    fastcgi: await freePort(),
  };
  const binds = Object.entries(ports).flatMap(([name, port]) => [
    '-b',
    `${name}://127.0.0.1:${port}`,
  ]);
  const words = [CLI, ...binds, '-w', '2', '--limit-request-body', '0', '--control-socket', 'none'];
  const gateway = await start(
    [process.execPath, '--conditions=source', ...words, APPLICATION],
    ports.http,
    { LEFT_FILE: leftFile, SETTINGS_MODULE: 'myproject.settings' },
  );
  while (gateway.output().split('is ready').length <= 2) await delay(20);
  return { ...gateway, ports };
}

/** Starts a front server before the gateway at that port. */
export async function startFront(
  { name, protocol, file }: Front,
  upstreamPort: number,
): Promise<Serving & { readonly scriptPids: () => number[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'front-'));
  // Apache's scripts run as somebody else.
  chmodSync(folder, 0o777);
  const port = await freePort();
  const snippet = readFileSync(join(import.meta.dirname, file), 'utf8')
    .replace(
      name === 'caddy' ? /8080/ : /:?8080/,
      name === 'caddy' ? String(port) : `127.0.0.1:${port}`,
    )
    .replaceAll(/(?<=:|=> )(?:127\.0\.0\.1:)?8001/g, String(upstreamPort))
    .replace('/srv/cgi-bin', folder);
  const config = join(folder, file);
  writeFileSync(config, FRAMES[name]?.(snippet, folder, port, protocol) ?? snippet);
  if (protocol === 'cgi') writeScript(join(folder, 'app.cgi'));
  const [command = '', ...words] = COMMANDS[name]?.(config) ?? [];
  const serving = await start([command, ...words], port, { HOME: folder, XDG_DATA_HOME: folder });
  return {
    ...serving,
    scriptPids: () => readFileSync(pidsFile(folder), 'utf8').trim().split('\n').map(Number),
    async close() {
      await serving.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The configuration file around the lines that a person writes. */
const FRAMES: Readonly<
  Record<string, (snippet: string, folder: string, port: number, protocol: string) => string>
> = {
  nginx: (snippet, folder) => `
    daemon off; user root; pid ${folder}/pid; error_log stderr; events {}
    http { access_log off; ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((name) => `${name}_temp_path ${folder}/${name};`)
      .join(' ')}
    ${snippet} }`,
  apache: (snippet, folder, port, protocol) => `
ServerName localhost
ServerRoot ${folder}
PidFile ${folder}/pid
ErrorLog ${folder}/log
Listen 127.0.0.1:${port}
${(protocol === 'cgi'
  ? ['mpm_prefork', 'authz_core', 'alias', 'cgi']
  : [
      'mpm_event',
      'authz_core',
      'headers',
      'proxy',
      'proxy_http',
      'proxy_uwsgi',
      'proxy_scgi',
      'proxy_fcgi',
    ]
)
  .map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`)
  .join('\n')}
${process.getuid?.() === 0 ? 'User www-data\nGroup www-data' : ''}
DefaultRuntimeDir ${folder}
Mutex file:${folder} default
${snippet}`,
  lighttpd: (snippet, folder, port) => `
server.document-root = "${folder}"
server.bind = "127.0.0.1"
server.port = ${port}
server.upload-dirs = ( "${folder}" )
${snippet}`,
  haproxy: (snippet) => `
global
    log stderr local0
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
${snippet}`,
  caddy: (snippet) => `{\n    admin off\n    default_bind 127.0.0.1\n}\n${snippet}`,
};

const COMMANDS: Readonly<Record<string, (config: string) => string[]>> = {
  nginx: (config) => ['nginx', '-c', config],
  apache: (config) => ['apache2', '-DFOREGROUND', '-f', config],
  lighttpd: (config) => ['lighttpd', '-D', '-f', config],
  haproxy: (config) => ['haproxy', '-db', '-f', config],
  caddy: (config) => ['caddy', 'run', '--adapter', 'caddyfile', '--config', config],
  uwsgi: (config) => ['uwsgi', '--die-on-term', '--ini', config],
};

/** Where a script tells its process ids. */
function writeScript(path: string): void {
  const words = `'${process.execPath}' --conditions=source '${CGI}' '${APPLICATION}'`;
  const lines = [
    `echo $$ >>'${pidsFile(dirname(path))}'`,
    `export LEFT_FILE='${path}.left'`,
    `cd '${ROOT}'`,
  ];
  writeFileSync(path, ['#!/bin/sh', ...lines, `exec ${words}`, ''].join('\n'));
  chmodSync(path, 0o755);
}

function pidsFile(folder: string): string {
  return join(folder, 'pids');
}

/** Its program is on this machine. */
export function isInstalled({ name }: Front): boolean {
  const [program = ''] = COMMANDS[name]?.('') ?? [];
  return hasProgram(program);
}

export function hasProgram(program: string): boolean {
  return PATH.split(':').some((folder) => existsSync(join(folder, program)));
}

/** Resolves once something listens at the port. */
export async function start(
  [command = '', ...words]: readonly string[],
  port: number,
  environment: NodeJS.ProcessEnv = {},
): Promise<Serving> {
  const child = spawn(command, words, {
    cwd: ROOT,
    // Apache ends its whole process group.
    detached: true,
    env: { PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece: Buffer) => {
      output += piece.toString();
    });
  }
  const exited = once(child, 'exit');
  while (!(await listens(port))) {
    if (child.exitCode !== null) throw new Error(`${command} ended: ${output}`);
    await delay(20);
  }
  return {
    port,
    child,
    output: () => output,
    async close() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
      await exited;
      clearTimeout(timer);
    },
  };
}
