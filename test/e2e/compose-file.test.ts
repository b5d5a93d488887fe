import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildKubernetes, missingKubectl } from '../../docs/kubernetes.ts';

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

const missing = missingKubectl();
const pods = missing === undefined ? buildKubernetes() : [];

// The Job has the limits of the application, whose image it is.
test.for([
  ['app', 'app'],
  ['nginx', 'nginx'],
  ['release', 'app'],
] as const)(
  '%s is held as tight on Kubernetes as Compose holds %s',
  ([name, service], { skip }) => {
    skip(missing !== undefined, missing);
    const { init, logging, limits, ...rest } = composeLimits(configOf()[service]);
    // How many processes and how much log there may be is said for a whole node.
    expect([init, typeof logging]).toEqual([true, 'object']);
    expect(kubernetesLimits(name)).toEqual({ ...rest, init, limits: limits.slice(0, 2) });
  },
);

test('nginx has the same values on Kubernetes, but for where it stands', ({ skip }) => {
  skip(missing !== undefined, missing);
  const [map] = pods.filter(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name.startsWith('nginx-'),
  );
  const names = namesForFront(COMPOSE).filter((name) => !/^TLS_|METRICS|TRUSTED_PROXY/.test(name));
  const values = names.map((name) => [name, defaults.get(name)]);
  expect(map?.data).toEqual({
    ...Object.fromEntries(values),
    NGINX_TRUSTED_PROXY: expect.any(String),
  });
});

test('the application has no way out, and nginx alone a way in', ({ skip }) => {
  skip(missing !== undefined, missing);
  const [policy] = pods.filter(({ kind }) => kind === 'NetworkPolicy');
  expect(policy?.spec).toMatchObject({
    podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['app', 'release'] }] },
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      { from: [{ podSelector: { matchLabels: { app: 'nginx' } } }], ports: [{ port: 8000 }] },
      {},
    ],
    egress: [],
  });
});

test('each service is hardened, whatever its profile, and dev but for its writable sources', () => {
  const { dev, ...services } = configOf('--profile', '*');
  expect(Object.keys(services).length).toBeGreaterThan(4);
  for (const [name, service] of Object.entries({ ...services, dev })) {
    expect(service, name).toMatchObject({
      init: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      user: expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/) as unknown,
      logging: { driver: 'json-file', options: { compress: 'true' } },
    });
    expect(service, name).not.toHaveProperty('privileged');
  }
  for (const [name, service] of Object.entries(services)) {
    expect(service, name).toMatchObject({ read_only: true, cpus: expect.any(Number) as unknown });
    expect(Number(service.mem_limit), name).toBeGreaterThan(0);
    expect(service.pids_limit, name).toBeGreaterThan(0);
  }
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

/** In the words of Compose. A pod gets the time of preStop beside that which Compose gives. */
function kubernetesLimits(name: string) {
  const { spec } = podsOf(name);
  const [{ securityContext, resources, lifecycle }] = spec.containers;
  const { runAsUser, runAsGroup, runAsNonRoot, seccompProfile } = spec.securityContext;
  expect([runAsNonRoot, seccompProfile.type]).toEqual([true, 'RuntimeDefault']);
  expect(securityContext.allowPrivilegeEscalation).toBe(false);
  const preStop = Number(lifecycle?.preStop.exec.command[1] ?? 0);
  const tmp = spec.volumes.find((volume) => volume.name === 'tmp')?.emptyDir;
  expect(tmp?.medium).toBe('Memory');
  return {
    user: `${runAsUser}:${runAsGroup}`,
    init: spec.shareProcessNamespace,
    read_only: securityContext.readOnlyRootFilesystem,
    cap_drop: securityContext.capabilities.drop,
    stop_grace_period: `${spec.terminationGracePeriodSeconds - preStop}s`,
    limits: [Number(resources.limits.cpu), binaryBytes(resources.limits.memory)],
    tmpBytes: binaryBytes(tmp?.sizeLimit),
  };
}

function podsOf(name: string) {
  const found = pods.find(({ spec, metadata }) => metadata.name === name && spec?.template);
  if (found?.spec?.template === undefined) throw new Error(`There are no pods of ${name}.`);
  return found.spec.template;
}

/** `512Mi`, `1Gi` */
function binaryBytes(size = ''): number {
  const [, count, unit] = /^(\d+)([MG])i$/.exec(size) ?? [];
  return Number(count) * (unit === 'G' ? 2 ** 30 : 2 ** 20);
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
