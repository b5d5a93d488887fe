import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const COMPOSE = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
const STACK = readFileSync(join(ROOT, 'deploy/stack.yml'), 'utf8');
const EXAMPLE = readFileSync(join(ROOT, '.env.example'), 'utf8');

// ${NAME:-default} in docker-compose.yml, #NAME=default in .env.example.
const defaults = pairs(COMPOSE, /\$\{([A-Z0-9_]+):-([^}]*)\}/g);
const documented = pairs(EXAMPLE, /^#([A-Z0-9_]+)=(.*)$/gm);

test('.env.example has every variable of docker-compose.yml, with its default', () => {
  expect(defaults.size).toBeGreaterThan(10);
  expect(Object.fromEntries(documented)).toMatchObject(Object.fromEntries(defaults));
});

test('the stack on Swarm has no default image: one of the same name is not rolled out', () => {
  expect(STACK.match(/^ {4}image: \$\{(APP|NGINX)_IMAGE:\?/gm)).toHaveLength(3);
});

test('the stack on Swarm gives nginx the same environment, but for what Compose alone has', () => {
  const onSwarm = namesForFront(STACK);
  expect(onSwarm.length).toBeGreaterThan(15);
  expect(namesForFront(COMPOSE).filter((name) => !/^TLS_|METRICS/.test(name))).toEqual(onSwarm);
});

test('a value that both have has one default', () => {
  const onSwarm = [...pairs(STACK, /\$\{([A-Z0-9_]+):-([^}]*)\}/g)];
  const shared = onSwarm.filter(([name]) => defaults.has(name));
  expect(shared.length).toBeGreaterThan(15);
  expect(shared).toEqual(shared.map(([name]) => [name, defaults.get(name)]));
});

test.for(['app', 'nginx', 'static'])('%s is held as tight on Swarm as by Compose', (service) => {
  const swarm = swarmLimits(configOf('--file', 'deploy/stack.yml')[service]);
  expect(swarm).toEqual(composeLimits(configOf()[service]));
});

test('with TLS nginx has the same ports and values on Swarm as by Compose with TLS=files', () => {
  const files = ['deploy/stack.yml', 'deploy/stack-tls.yml'].flatMap((name) => ['--file', name]);
  const swarm = configOf(...files)['nginx'];
  const compose = withEnvironment({ TLS: 'files', TLS_FOLDER: '/etc/tls' })['nginx'];
  expect(portsOf(swarm)).toEqual(portsOf(compose));
  const { NGINX_METRICS_HOST: _, ...environment } = compose?.environment ?? {};
  expect(swarm?.environment).toEqual(environment);
  const { TLS_CERTIFICATE, TLS_KEY } = environment;
  expect(swarm?.secrets).toMatchObject(
    [TLS_CERTIFICATE, TLS_KEY].map((name) => ({ target: `/srv/tls/${name}`, uid: '101' })),
  );
});

/** As Compose prints a service of either file; what is compared alone. */
interface Service {
  readonly environment: Readonly<Record<string, string>>;
  readonly ports: readonly { target: number; published: string; protocol: string }[];
  readonly secrets?: readonly { target: string; uid: string }[];
  readonly user: string;
  readonly init: boolean;
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly stop_grace_period: string;
  readonly logging: unknown;
  readonly cpus: number;
  readonly mem_limit: string;
  readonly pids_limit: number;
  readonly tmpfs: readonly string[];
  readonly volumes?: readonly { type: string; target: string; tmpfs?: { size: number } }[];
  readonly deploy: { resources: { limits: { cpus: string; memory: string; pids: number } } };
}

function composeLimits(service: Service | undefined) {
  const [, size = ''] = /size=(\d+)m/.exec(service?.tmpfs[0] ?? '') ?? [];
  const { cpus, mem_limit, pids_limit } = service ?? {};
  return {
    ...common(service),
    limits: [cpus, Number(mem_limit), pids_limit],
    tmpBytes: Number(size) * 2 ** 20,
  };
}

function swarmLimits(service: Service | undefined) {
  const { cpus, memory, pids } = service?.deploy.resources.limits ?? {};
  const tmp = service?.volumes?.find(({ target }) => target === '/tmp');
  return {
    ...common(service),
    limits: [Number(cpus), Number(memory), pids],
    tmpBytes: Number(tmp?.tmpfs?.size),
  };
}

function common(service: Service | undefined) {
  const { user, init, read_only, cap_drop, stop_grace_period, logging } = service ?? {};
  return { user, init, read_only, cap_drop, stop_grace_period, logging };
}

function portsOf(service: Service | undefined): string[] {
  const ports = service?.ports ?? [];
  return ports
    .map(({ target, published, protocol }) => `${published}:${target}/${protocol}`)
    .toSorted();
}

function configOf(...words: string[]): Readonly<Record<string, Service>> {
  return withEnvironment({ APP_IMAGE: 'a', NGINX_IMAGE: 'n' }, ...words);
}

function withEnvironment(
  environment: Readonly<Record<string, string>>,
  ...words: string[]
): Readonly<Record<string, Service>> {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment };
  const text = execFileSync('docker', ['compose', ...words, 'config', '--format', 'json'], {
    cwd: ROOT,
    env,
    encoding: 'utf8',
  });
  return (JSON.parse(text) as { services: Record<string, Service> }).services;
}

function pairs(text: string, pattern: RegExp): Map<string, string> {
  return new Map([...text.matchAll(pattern)].map(([, name = '', value = '']) => [name, value]));
}

/** The environment of the service nginx. */
function namesForFront(text: string): string[] {
  const [, block = ''] = /^ {2}nginx:\n[^]*?^ {4}environment:\n((?: {6}.*\n)+)/m.exec(text) ?? [];
  return Array.from(block.matchAll(/^ {6}([A-Z0-9_]+): /gm), ([, name = '']) => name);
}
