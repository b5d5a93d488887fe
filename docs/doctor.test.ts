import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { isOwnReadme, README } from './readme.ts';
import { temporaryFolder } from '../packages/wsgi/test/temporary-folder.ts';

const ROOT = join(import.meta.dirname, '..');

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const [, DOCKER = ''] = /^NEEDED_DOCKER=(.*)$/m.exec(read('deploy/doctor')) ?? [];
const [, COMPOSE = ''] = /^NEEDED_COMPOSE=(.*)$/m.exec(read('deploy/doctor')) ?? [];

/** In the place of Docker's command: what an engine answers that has all that is needed. */
const ENGINE = {
  'version --format {{.Server.Version}}': DOCKER,
  'compose version --short': COMPOSE,
  'compose config': 'name: shop\nservices:\n  app:\n    mem_limit: "536870912"\n',
  'compose port nginx 8080': '',
  'compose ls --all --format json': '[]',
  'info --format {{.MemTotal}}': String(2 ** 32),
};

interface Machine {
  readonly files?: Readonly<Record<string, string>>;
  /** What Docker answers otherwise; what begins with ! goes to standard error, with exit code 1. */
  readonly engine?: Partial<Record<keyof typeof ENGINE, string>> | null;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Lets the doctor look at a project with these files on such a machine. */
async function diagnose({ files = {}, engine = {}, environment = {} }: Machine) {
  const folder = temporaryFolder();
  const put = (name: string, text: string): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  for (const name of ['deploy/doctor', '.env.example', 'docker-compose.yml']) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    copyFileSync(join(ROOT, name), join(folder, name));
  }
  put('src/settings.ts', "env.list('SHOP_NAMES')");
  for (const [name, text] of Object.entries(files)) put(name, text);
  if (engine !== null) {
    put('bin/docker', fakeDocker({ ...ENGINE, ...engine }));
    chmodSync(join(folder, 'bin/docker'), 0o755);
  }
  const env = { PATH: `${folder}/bin:/usr/bin:/bin`, HTTP_PORT: '1', ...environment };
  const hidden =
    engine === null ? ['-c', 'command() { return 1; }; . ./deploy/doctor', 'deploy/doctor'] : [];
  const words = hidden.length > 0 ? hidden : [join(folder, 'deploy/doctor')];
  const outcome = await promisify(execFile)('sh', words, { cwd: folder, env }).catch(
    (error: unknown) => error as { code: number; stdout: string; stderr: string },
  );
  const { stdout, stderr } = outcome;
  expect(stderr).toBe('');
  const found = stdout.matchAll(/^- (.*)\n {4}(.*)$/gm);
  return {
    folder,
    code: 'code' in outcome ? outcome.code : 0,
    stdout,
    findings: Array.from(found, ([, sentence = '', mend = '']) => ({ sentence, mend })),
  };
}

function fakeDocker(answers: Readonly<Record<string, string>>): string {
  const cases = Object.entries(answers).map(([words, answer]) => {
    const text = answer.replace(/^!/, '').replaceAll("'", "'\\''");
    return `'${words}') printf '%s' '${text}'${answer.startsWith('!') ? ' >&2; exit 1' : ''} ;;`;
  });
  return `#!/bin/sh\ncase "$*" in\n${cases.join('\n')}\n*) echo "docker $*?" >&2; exit 2 ;;\nesac\n`;
}

test('where all is well nothing is found, and it says what else there is', async () => {
  const { code, stdout, findings } = await diagnose({});
  expect([code, findings]).toEqual([0, []]);
  expect(stdout).toMatch(/^Nothing found\. .*check --deploy\n$/);
});

test.for<[sentence: string, mend: string, machine: Machine]>([
  ['Docker is not installed.', 'get.docker.com', { engine: null }],
  [
    'No Docker engine answers.',
    'sudo systemctl start docker',
    { engine: { 'version --format {{.Server.Version}}': '!Cannot connect to the Docker daemon' } },
  ],
  [
    'You may not talk to the Docker engine.',
    'sudo usermod -aG docker "$USER"',
    { engine: { 'version --format {{.Server.Version}}': '!permission denied while trying' } },
  ],
  [
    `Docker is 27.5.1: ${DOCKER} or later is needed.`,
    'get.docker.com',
    { engine: { 'version --format {{.Server.Version}}': '27.5.1' } },
  ],
  [
    'Docker has no Compose.',
    'sudo apt-get install docker-compose-plugin',
    { engine: { 'compose version --short': '!unknown command' } },
  ],
  [
    `Compose is 2.9.0-3: ${COMPOSE} or later is needed.`,
    'docker-compose-plugin',
    { engine: { 'compose version --short': 'v2.9.0-3' } },
  ],
  [
    'Compose cannot read its files: yaml: line 3: mapping values',
    'docker compose config --quiet',
    { engine: { 'compose config': '!yaml: line 3: mapping values' } },
  ],
  [
    'The containers may take 512 MB, and the engine has 256 MB',
    "echo 'APP_MEMORY=128m' >> .env",
    { engine: { 'info --format {{.MemTotal}}': String(2 ** 28) } },
  ],
  [
    'Another project is named shop, too: /srv/shop/docker-compose.yml.',
    "echo 'COMPOSE_PROJECT_NAME=shop-2' >> .env",
    {
      engine: {
        'compose ls --all --format json':
          '[{"Name":"shop2","ConfigFiles":"/x"},{"Name":"shop","Status":"running(2)","ConfigFiles":"/srv/shop/docker-compose.yml"}]',
      },
    },
  ],
  [
    'The lines of nginx/site.conf.template end as on Windows.',
    "sed -i 's/\\r$//' nginx/site.conf.template",
    { files: { 'nginx/site.conf.template': 'a\r\nb\r\n' } },
  ],
  [
    'Line 3 of .env is read in one way by npm and in another by Compose.',
    '+3 .env    # put the value between single quotes',
    { files: { '.env': '# note\nA=b\nB=a$b\n' } },
  ],
  [
    'Nothing reads ALOWED_HOSTS of .env. Did you mean ALLOWED_HOSTS?',
    "sed -i 's/^ALOWED_HOSTS=/ALLOWED_HOSTS=/' .env",
    { files: { '.env': 'ALOWED_HOSTS=a.example\n' } },
  ],
  [
    'Nothing reads NGINX_GZIP of .env.',
    "sed -i '/^NGINX_GZIP=/d' .env",
    { files: { '.env': 'NGINX_GZIP=off\n' } },
  ],
  [
    "ALLOWED_HOSTS is 'https://a.example'",
    'ALLOWED_HOSTS=example.com,www.example.com',
    { files: { '.env': 'ALLOWED_HOSTS=https://a.example\nSECRET_KEY_FILE=/k\n' } },
  ],
  [
    "ALLOWED_HOSTS is 'a.example:8080'",
    'ALLOWED_HOSTS=example.com',
    { files: { '.env': "ALLOWED_HOSTS='a.example:8080'\nSECRET_KEY_FILE=/k\n" } },
  ],
  [
    'SECRET_KEY is not set',
    'openssl rand -base64 48',
    { files: { '.env': 'ALLOWED_HOSTS=a.example\n' } },
  ],
  [
    'SECRET_KEY is easy to guess',
    "sed -i '/^SECRET_KEY=/d' .env; printf",
    { environment: { SECRET_KEY: 'secret' } },
  ],
  [
    'Everyone on this machine can read the SECRET_KEY in .env.',
    'chmod 600 .env',
    { files: { '.env': `SECRET_KEY='${'x'.repeat(64)}'\n` } },
  ],
  [
    'The secret /nowhere/key is not there.',
    'openssl rand -base64 48 > /nowhere/key',
    {
      engine: {
        'compose config':
          'name: shop\nsecrets:\n  key:\n    name: shop_key\n    file: /nowhere/key\n',
      },
    },
  ],
])('it finds: %s', async ([sentence, mend, machine]) => {
  const { code, findings } = await diagnose(machine);
  expect(findings).toEqual([
    { sentence: expect.stringContaining(sentence), mend: expect.stringContaining(mend) },
  ]);
  expect(code).toBe(1);
});

test('a port that another program has is found, and a free one is named', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const taken = {
    files: { '.env': `HTTP_PORT=127.0.0.1:${port}\n` },
    environment: { HTTP_PORT: '' },
  };
  expect((await diagnose(taken)).findings).toEqual([
    {
      sentence: `Port ${port} is taken by another program.`,
      mend: expect.stringMatching(/^echo 'HTTP_PORT=\d+' >> \.env$/),
    },
  ]);
  const byUs = { 'compose port nginx 8080': `127.0.0.1:${port}` };
  expect((await diagnose({ ...taken, engine: byUs })).findings).toEqual([]);
});

test.runIf(process.getuid?.() === 0)(
  'a secret that the container cannot read is found',
  async () => {
    const key = join(temporaryFolder(), 'key');
    writeFileSync(key, 'x'.repeat(64));
    const engine = { 'compose config': `name: shop\nsecrets:\n  key:\n    file: ${key}\n` };
    chmodSync(key, 0o600);
    expect((await diagnose({ engine })).findings).toEqual([
      {
        sentence: `The secret ${key} cannot be read by user 1000, who the application runs as.`,
        mend: `sudo chown 1000 ${key} && sudo chmod 400 ${key}`,
      },
    ]);
    chownSync(key, 1000, 0);
    chmodSync(key, 0o400);
    expect((await diagnose({ engine })).findings).toEqual([]);
  },
);

test.for([
  'ALLOWED_HOSTS=a.example,[::1]\nSECRET_KEY_FILE=/run/secrets/key\n',
  'export LOG_LEVEL=debug # for now\nSHOP_NAMES=a,b\nPGHOST=db\nCOMPOSE_PROJECT_NAME=x\n',
])('a sound .env is left in peace: %j', async (text) => {
  expect((await diagnose({ files: { '.env': text } })).findings).toEqual([]);
});

const FORMS = JSON.parse(read('packages/framework/test/checks/env-forms.json')) as [
  string,
  boolean,
][];

test('of each form it says as the framework does whether npm and Compose read the same', () => {
  const [, program = ''] = /^AMBIGUOUS_LINES='([^']*)'/m.exec(read('deploy/doctor')) ?? [];
  const others = FORMS.filter(([form, isSame]) => {
    const lines = execFileSync('awk', [program], { input: `${form}\n`, encoding: 'utf8' });
    return (lines === '') !== isSame;
  });
  expect(others).toEqual([]);
});

test.skipIf(isOwnReadme)('the README says which Docker and Compose are needed', () => {
  expect(README).toContain(`Docker ${DOCKER} or later with Compose ${COMPOSE} or later`);
});
