import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { checkDeployment } from '../../src/checks/deployment-check.ts';
import { readKubernetes } from '../../src/checks/deployment-kubernetes.ts';
import type { Settings } from '../../src/settings.ts';
import { withSettings } from '../serve.ts';
import { makeTree } from '../staticfiles/tree.ts';

const POD = {
  securityContext: { runAsUser: 1000, runAsGroup: 1000 },
  terminationGracePeriodSeconds: 50,
  volumes: [{ name: 'tmp', emptyDir: { sizeLimit: '128Mi' } }],
};
const CONTAINER = {
  args: ['gateway', 'shop.wsgi'],
  env: [{ name: 'SECRET_KEY_FILE', value: '/run/secrets/secret_key' }],
  envFrom: [{ configMapRef: { name: 'app-1' } }],
  lifecycle: { preStop: { exec: { command: ['sleep', '10'] } } },
  livenessProbe: { httpGet: { path: '/healthz' } },
  readinessProbe: { httpGet: { path: '/readyz' } },
  resources: { limits: { cpu: '500m', memory: '512Mi' } },
  volumeMounts: [
    { name: 'tmp', mountPath: '/tmp' },
    { name: 'secret', mountPath: '/run/secrets/secret_key' },
  ],
};
const FRONT = {
  ...CONTAINER,
  args: undefined,
  env: [],
  envFrom: [{ configMapRef: { name: 'nginx-1' } }],
};

interface Changes {
  readonly pod?: object;
  readonly app?: object;
  readonly nginx?: object;
  readonly variables?: Readonly<Record<string, string>>;
  readonly hosts?: readonly string[];
}

/** What kubectl prints: one object after the other. */
function printed({ pod, app, nginx, variables, hosts = ['shop.example.com'] }: Changes): string {
  const objects = [
    object('ConfigMap', 'app-1', { data: { ALLOWED_HOSTS: 'shop.example.com', ...variables } }),
    object('ConfigMap', 'nginx-1', { data: { NGINX_UPLOAD_LIMIT: '8' } }),
    deployment('app', { ...POD, ...pod, containers: [{ ...CONTAINER, ...app }] }),
    deployment('nginx', { ...POD, containers: [{ ...FRONT, ...nginx }] }),
    object('HorizontalPodAutoscaler', 'app', { spec: { minReplicas: 2 } }),
    object('Ingress', 'site', { spec: { rules: hosts.map((host) => ({ host })) } }),
  ];
  return objects.map((one) => JSON.stringify(one, null, 4)).join('\n');
}

function deployment(name: string, spec: object): object {
  return object('Deployment', name, { spec: { template: { spec } } });
}

function object(kind: string, name: string, rest: object): object {
  return { kind, metadata: { name }, ...rest };
}

const KUBECTL = `#!/bin/sh
[ "$*" = 'label --local --kustomize deploy/kubernetes --output json checked=yes' ] && cat objects.json`;
const GATEWAY = `console.log('gracefulTimeout = 30  (the defaults)\\nrequestTimeout = 30  (the defaults)');
console.log('keepalive = 75  (the defaults)\\nworkers = 1  (the defaults)');
console.log('limitRequestLine = 4094  (the defaults)\\nlimitRequestFieldSize = 8190  (the defaults)');
console.log('limitRequestBody = 10485760  (the defaults)\\nforwardedAllowIps = "*"  (the environment)');`;
const NGINX = `worker_shutdown_timeout 35s; large_client_header_buffers 4 8k; client_max_body_size 10m;
proxy_read_timeout 35s; proxy_buffer_size 16k;`;

function inProject(changes: Changes = {}, settings: Partial<Settings> = {}): void {
  const folder = makeTree({
    'deploy/kubernetes/kustomization.yaml': '',
    'objects.json': printed(changes),
    'bin/kubectl': KUBECTL,
    'node_modules/.bin/gateway': GATEWAY,
    'nginx/nginx.conf.template': NGINX,
  });
  chmodSync(join(folder, 'bin/kubectl'), 0o755);
  vi.stubEnv('PATH', `${join(folder, 'bin')}:/usr/bin:/bin`);
  vi.spyOn(process, 'cwd').mockReturnValue(folder);
  onTestFinished(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });
  withSettings(settings);
}

const FIRE: readonly (readonly [id: string, changes: Changes, settings?: Partial<Settings>])[] = [
  ['deploy.W104', { pod: { terminationGracePeriodSeconds: 45 } }],
  ['deploy.W104', { app: { lifecycle: { preStop: { exec: { command: ['sleep', '15'] } } } } }],
  ['deploy.W116', { app: { resources: { limits: { cpu: '1', memory: '200Mi' } } } }],
  ['deploy.E126', { app: { volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }] } }],
  ['deploy.E132', { app: { livenessProbe: { httpGet: { path: '/health' } } } }],
  ['deploy.E132', { app: { readinessProbe: { httpGet: { path: '/readyz/' } } } }],
  ['deploy.W133', { hosts: ['shop.example.com', 'www.example.com'] }],
  ['deploy.W133', { variables: { ALLOWED_HOSTS: 'localhost' } }],
];

test.for(FIRE)('%s fires under %j, alone', async ([id, changes, settings]) => {
  inProject(changes, settings);
  const found = await checkDeployment();
  expect(found.map((one) => one.id)).toEqual([id]);
  expect(found[0]?.message).toMatch(/^\w[^]*\.$/);
  expect(found[0]?.message).not.toMatch(/NaN|undefined|Docker|STOP_GRACE_PERIOD|APP_/);
  expect(found[0]?.hint).toMatch(/^\w[^]*\.$/);
});

test.for<[Changes, Partial<Settings>?]>([
  [{}],
  [{ hosts: [] }],
  [{ variables: { ALLOWED_HOSTS: '.example.com' } }],
  [{ app: { readinessProbe: { httpGet: { path: '/healthz' } } } }],
  [{ app: { startupProbe: { exec: { command: ['true'] } } } }],
])('nothing fires under %j', async ([changes, settings]) => {
  inProject(changes, settings);
  expect(await checkDeployment()).toEqual([]);
});

test('a Deployment is told in the words of Compose', async () => {
  inProject();
  expect((await readKubernetes())?.app).toEqual({
    command: CONTAINER.args,
    cpus: 0.5,
    mem_limit: '512Mi',
    environment: { ALLOWED_HOSTS: 'shop.example.com', SECRET_KEY_FILE: '/run/secrets/secret_key' },
    networks: { internal: null },
    scale: 2,
    stop_grace_period: '40s',
    tmpfs: ['/tmp:size=134217728'],
    user: '1000:1000',
    volumes: [{ target: '/tmp' }, { target: '/run/secrets/secret_key' }],
  });
});

test('without kubectl nothing is said: who has none releases elsewhere', async () => {
  inProject();
  vi.stubEnv('PATH', '/nowhere');
  expect(await checkDeployment()).toEqual([]);
});

test.for([
  [
    'kubectl kustomize does not answer: no such thing',
    "#!/bin/sh\necho 'no such thing' >&2; exit 1",
  ],
  ['deploy/kubernetes has no Deployment app', '#!/bin/sh\n'],
] as const)('that nothing was compared is told: %s', async ([why, kubectl]) => {
  inProject();
  writeFileSync(join(process.cwd(), 'bin/kubectl'), kubectl);
  const message = `nginx, Kubernetes, gateway and settings were not compared: ${why}.`;
  expect(await checkDeployment()).toEqual([{ level: 'info', id: 'deploy.I100', message }]);
});
