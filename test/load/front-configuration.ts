import { execFileSync } from 'node:child_process';
import { chmodSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What the containers read from `.env`. */
export type FrontEnvironment = Readonly<Record<string, string>>;

export interface Ports {
  readonly http: number;
  readonly https: number;
  readonly gateway: number;
}

const ROOT = join(import.meta.dirname, '../..');
const TEMPLATES = join(ROOT, 'nginx/templates');
const DEFAULTS: FrontEnvironment = Object.fromEntries(
  Array.from(
    readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8').matchAll(
      /^ +([A-Z0-9_]+): \$\{\1:-(.*)\}$/gm,
    ),
    ([, name = '', value = '']) => [name, value],
  ),
);
/** What holds for all tests, unless they say otherwise: the clients are one address. */
const OURS: FrontEnvironment = {
  NGINX_LIMITS: 'off',
  NGINX_WORKER_PROCESSES: '2',
  NGINX_METRICS_HOST: '127.0.0.1',
  // As in the Dockerfile.
  NGINX_APPLICATION: 'app:8000',
  NGINX_STATIC_FROM: '',
};

export function workersOf(environment: FrontEnvironment): number {
  return Number({ ...OURS, ...environment }['NGINX_WORKER_PROCESSES']);
}

/** Renders the templates into a folder, as the container does, but for addresses, folders and logs. */
export function renderFront(folder: string, ports: Ports, environment: FrontEnvironment): void {
  const here = placedIn(folder, ports);
  mkdirSync(join(folder, 'tls'));
  writeFileSync(join(folder, 'error.html'), readFileSync(join(ROOT, 'nginx/error.html')));
  writeFileSync(
    join(folder, 'settings.envsh'),
    here(readFileSync(join(ROOT, 'nginx/settings.envsh'), 'utf8')),
  );
  const values = computedValues(folder, { ...DEFAULTS, ...OURS, ...environment });
  for (const name of globSync('**/*.template', { cwd: TEMPLATES })) {
    const path = join(folder, name.replace(/\.template$/, ''));
    const text = readFileSync(join(TEMPLATES, name), 'utf8');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(
      path,
      here(text).replaceAll(/\$\{(NGINX_\w+)\}/g, (_, key) => value(String(key))),
    );
  }

  function value(name: string): string {
    const found = values[name];
    if (found === undefined) throw new Error(`Nothing sets ${name}.`);
    return found;
  }
}

/** The switches and values that the entrypoint makes of its environment. */
function computedValues(folder: string, environment: FrontEnvironment): FrontEnvironment {
  const script = `set -e; . ${folder}/settings.envsh; env -0`;
  const printed = execFileSync('sh', ['-c', script], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...environment },
  });
  // nginx is another user here than the one who made them.
  for (const name of globSync('tls/*', { cwd: folder })) chmodSync(join(folder, name), 0o644);
  const entries = printed.split('\0').map((line): [string, string] => {
    const at = line.indexOf('=');
    return [line.slice(0, at), line.slice(at + 1)];
  });
  const loopback = { NGINX_IF_IPV6: '#', NGINX_IF_HTTP3_IPV6: '#' };
  return { ...Object.fromEntries(entries), NGINX_LOCAL_RESOLVERS: '127.0.0.1', ...loopback };
}

function placedIn(folder: string, ports: Ports): (text: string) => string {
  return (text) =>
    text
      .replaceAll('/tmp/', `${folder}/`)
      .replaceAll('/srv/errors', folder)
      .replaceAll('/srv/tls', `${folder}/tls`)
      .replaceAll('/dev/stdout', `${folder}/access.log`)
      .replaceAll('/dev/stderr error', '/dev/stderr notice')
      .replaceAll('${NGINX_APPLICATION} resolve', `127.0.0.1:${ports.gateway}`)
      .replaceAll('listen 127.0.0.1:8081', `listen unix:${folder}/status.sock`)
      .replaceAll('listen 127.0.0.1:8082', `listen unix:${folder}/metrics.sock`)
      .replaceAll('listen 8080', `listen 127.0.0.1:${ports.http}`)
      .replaceAll('listen 8443', `listen 127.0.0.1:${ports.https}`);
}
