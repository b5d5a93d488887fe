import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { checkDeployment } from '../../src/checks/deployment-check.ts';
import { readDeployment } from '../../src/checks/deployment.ts';
import { readDirectives } from '../../src/checks/nginx-directives.ts';
import { withSettings } from '../serve.ts';
import { makeTree } from '../staticfiles/tree.ts';

const COMPOSITION = {
  services: {
    app: {
      build: { context: '.', dockerfile: 'Dockerfile', target: 'production' },
      environment: { TIMEOUT_OF_TEST: '17', UNSET: null },
    },
    nginx: { environment: { NGINX_SIZE: '3m' } },
  },
};
const DOCKERFILE = `FROM node AS base
FROM base AS production
HEALTHCHECK --interval=10s \\
    CMD ["node", "-e", "0"]
CMD ["node", "node_modules/.bin/gateway", "--bind", "0.0.0.0:8000", "shop.wsgi"]
FROM base AS dev
CMD ["node", "gateway", "dev.wsgi"]
`;
// In the places of the two that are asked: they tell with what.
const DOCKER = `#!/bin/sh
[ "$*" = 'compose config --format json' ] && cat composition.json`;
const GATEWAY = `const [option, ...words] = process.argv.slice(2);
if (option !== '--print-config') process.exit(2);
console.log('bind = ["' + words.join(' ') + '"]  (the command line)');
console.log('timeout = ' + process.env.TIMEOUT_OF_TEST + '  (the defaults)');`;

const PROJECT = {
  'docker-compose.yml': '',
  'composition.json': JSON.stringify(COMPOSITION),
  Dockerfile: DOCKERFILE,
  'node_modules/.bin/gateway': GATEWAY,
  'bin/docker': DOCKER,
  'nginx/templates/deep/site.conf.template': 'client_max_body_size ${NGINX_SIZE};',
};

function inProject(changes: Partial<Record<keyof typeof PROJECT, string>> = {}): void {
  const folder = makeTree({ ...PROJECT, ...changes });
  chmodSync(join(folder, 'bin/docker'), 0o755);
  vi.stubEnv('PATH', `${join(folder, 'bin')}:/usr/bin:/bin`);
  vi.spyOn(process, 'cwd').mockReturnValue(folder);
  onTestFinished(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });
}

test('the gateway is asked as the container starts it, nginx by its templates, wherever they are', async () => {
  inProject();
  expect(await readDeployment()).toMatchObject({
    app: COMPOSITION.services.app,
    gateway: {
      bind: { value: ['--bind 0.0.0.0:8000 shop.wsgi'], source: 'the command line' },
      timeout: { value: 17, source: 'the defaults' },
    },
    directives: [{ name: 'client_max_body_size', words: ['3m'], block: '' }],
  });
});

test('a command of the service wins over that of the image', async () => {
  const app = { command: ['npx', 'gateway', '-w', '2', 'shop.wsgi'] };
  const services = { ...COMPOSITION.services, app };
  inProject({ 'composition.json': JSON.stringify({ services }) });
  const deployment = await readDeployment();
  expect(deployment?.gateway['bind']?.value).toEqual(['-w 2 shop.wsgi']);
});

test('where there is no Compose file, as in the image, nothing is asked', async () => {
  vi.spyOn(process, 'cwd').mockReturnValue(makeTree({}));
  onTestFinished(() => void vi.restoreAllMocks());
  expect(await checkDeployment()).toEqual([]);
});

test.for<[why: string, changes: Parameters<typeof inProject>[0]]>([
  [
    'docker compose config does not answer: no such thing',
    { 'bin/docker': "#!/bin/sh\necho 'no such thing' >&2; exit 1" },
  ],
  ['there are no services named app and nginx', { 'composition.json': '{"services":{}}' }],
  [
    'the command of the service app is not the gateway',
    { Dockerfile: DOCKERFILE.replace('.bin/gateway', '.bin/other') },
  ],
  [
    'gateway --print-config does not answer: the settings are wrong',
    { 'node_modules/.bin/gateway': "console.error('the settings are wrong'); process.exit(1)" },
  ],
])('that nothing was compared is told: %s', async ([why, changes]) => {
  inProject(changes);
  withSettings({});
  const message = `nginx, Compose, gateway and settings were not compared: ${why}.`;
  expect(await checkDeployment()).toEqual([{ level: 'info', id: 'deploy.I100', message }]);
});

test('so is a Docker that is not installed', async () => {
  inProject();
  vi.stubEnv('PATH', '/nowhere');
  expect((await checkDeployment()).map(({ message }) => message)).toEqual([
    expect.stringContaining('docker compose config does not answer: it is not installed.'),
  ]);
});

test('directives are split as nginx splits them', () => {
  const text = `
    user nobody; # comment; with { braces }
    http {
      map $a "$b" { default ''; '~^x{2};' "a b"; }
      upstream up { keepalive \${NGINX_KEEP}; }
      log_format json escape=json '{"a":"$b",' '"c":1}';
      \${NGINX_IF_TLS}include tls.conf;
      geo $peer { default stranger; \${NGINX_PEERS} }
      \${NGINX_FROM}
      server_name ~. a#b '';
    }`;
  expect(readDirectives(text, { NGINX_KEEP: '32' })).toEqual([
    { name: 'user', words: ['nobody'], block: '' },
    { name: 'default', words: [''], block: 'map' },
    { name: '~^x{2};', words: ['a b'], block: 'map' },
    { name: 'keepalive', words: ['32'], block: 'upstream' },
    { name: 'log_format', words: ['json', 'escape=json', '{"a":"$b",', '"c":1}'], block: 'http' },
    { name: 'include', words: ['tls.conf'], block: 'http' },
    { name: 'default', words: ['stranger'], block: 'geo' },
    { name: 'server_name', words: ['~.', 'a#b', ''], block: 'http' },
  ]);
});
