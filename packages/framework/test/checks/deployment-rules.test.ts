import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { disagreements } from '../../src/checks/deployment-check.ts';
import { bytes, seconds } from '../../src/checks/deployment-rules.ts';
import type { Settings } from '../../src/settings.ts';
import { temporaryFolder } from '../../../wsgi/test/temporary-folder.ts';
import { withSettings } from '../serve.ts';
import { deploymentWith, type Changes } from './deployment.ts';

const TRUSTED = (network: string): Changes => ({
  nginx: { environment: { NGINX_TRUSTED_PROXY: network } },
});
const BALANCED = TRUSTED('10.0.0.0/8');
const SUBNET = { networks: { internal: { ipam: { config: [{ subnet: '172.30.0.0/24' }] } } } };
const HOSTS = (names: string): Changes => ({
  nginx: { environment: { NGINX_SERVER_NAMES: names } },
});

type Case = readonly [id: string, changes: Changes, settings?: Partial<Settings>];

const FIRE: readonly Case[] = [
  ['deploy.E101', { gateway: { keepalive: 10 } }],
  [
    'deploy.E101',
    { gateway: { keepalive: '30' }, directives: 'upstream a { keepalive_timeout 1m; }' },
  ],
  ['deploy.E101', { gateway: { keepalive: 60 }, directives: 'upstream a { keepalive_timeout; }' }],
  ['deploy.W102', { ...BALANCED, directives: 'keepalive_timeout 20s;' }],
  ['deploy.E103', { gateway: { requestTimeout: 35, gracefulTimeout: 35 } }],
  ['deploy.E103', { gateway: { requestTimeout: 0 } }],
  ['deploy.E103', { directives: 'location / { uwsgi_read_timeout 20s; }' }],
  ['deploy.W104', { directives: 'proxy_read_timeout 40s;' }],
  ['deploy.E105', { gateway: { gracefulTimeout: 39 } }],
  ['deploy.E106', { directives: 'worker_shutdown_timeout 40s;' }],
  ['deploy.E106', { directives: 'worker_shutdown_timeout;' }],
  ['deploy.E106', { nginx: { stop_grace_period: '30s' } }],
  ['deploy.W107', { gateway: { gracefulTimeout: 20 } }],
  ['deploy.W111', { directives: 'client_max_body_size 9m;' }],
  ['deploy.W111', { directives: 'client_max_body_size;' }],
  ['deploy.W111', { gateway: { limitRequestBody: 0 } }],
  ['deploy.W112', { gateway: { limitRequestLine: 8191 } }],
  ['deploy.W112', { directives: 'large_client_header_buffers 4 4k;' }],
  ['deploy.E113', { directives: 'proxy_buffer_size;' }],
  [
    'deploy.E113',
    {
      gateway: { limitRequestFieldSize: 17_000 },
      directives: 'large_client_header_buffers 4 32k;',
    },
  ],
  ['deploy.E114', { app: { tmpfs: ['/tmp:size=96m'] } }],
  ['deploy.E114', { app: { tmpfs: ['/tmp:size=64m'] }, nginx: { tmpfs: [] } }],
  ['deploy.E114', { app: { tmpfs: ['/tmp:size=64m'] } }, { FILE_UPLOAD_TEMP_DIR: '/tmp/uploads' }],
  ['deploy.E115', { nginx: { tmpfs: ['/tmp:mode=0700,size=79m'] } }],
  ['deploy.W116', { gateway: { workers: 5 } }],
  ['deploy.W116', { gateway: { workers: 2, maxWorkerMemory: 200 } }],
  ['deploy.W116', { nginx: { mem_limit: '134217727' } }],
  ['deploy.W121', HOSTS('www.example.com'), { ALLOWED_HOSTS: ['.example.com', 'www.example.com'] }],
  ['deploy.W121', HOSTS('example.com *.example.com'), { ALLOWED_HOSTS: ['example.com'] }],
  ['deploy.E122', { app: { ports: [{}] } }],
  ['deploy.E123', { gateway: { forwardedAllowIps: '127.0.0.1,::1' } }],
  ['deploy.E123', { gateway: { forwardedAllowIps: '' } }],
  ['deploy.E123', { gateway: { forwardedAllowIps: ['172.31.0.0/24'] }, composition: SUBNET }],
  ['deploy.W124', TRUSTED('0.0.0.0/0')],
  ['deploy.W124', TRUSTED('::/0')],
  ['deploy.E125', {}, { SECURE_HSTS_SECONDS: 1 }],
  ['deploy.E125', { nginx: { environment: { NGINX_HSTS_SECONDS: '60' } } }],
  ['deploy.E125', { nginx: { environment: { TLS: 'off' } } }, { SECURE_SSL_REDIRECT: true }],
  ['deploy.E126', { app: { environment: { SECRET_KEY_FILE: '/run/secrets/secret_key' } } }],
  [
    'deploy.E126',
    {
      app: { secrets: [{ source: 'key' }] },
      composition: { secrets: { key: { file: '/nowhere/key' } } },
    },
  ],
  ['deploy.E128', { app: { scale: 2 } }],
  ['deploy.E128', { app: { deploy: { replicas: 2 } } }],
  ['deploy.W129', {}, { HEALTH_PATH: '/up' }],
  ['deploy.W129', { gateway: { accesslogSkip: '/healthz' } }],
  ['deploy.W129', { nginx: { environment: { HEALTH_PATH: '/up' } } }],
  ['deploy.E130', { gateway: { rootPath: '/shop' } }],
  ['deploy.W131', { nginx: { volumes: [{ target: '/etc/nginx/conf.d/mine.conf' }] } }],
  ['deploy.W131', { nginx: { command: ['nginx', '-g', 'daemon off;'] } }],
];

test.for(FIRE)('%s fires under %j, alone', ([id, changes, settings = {}]) => {
  expect(idsUnder(changes, settings)).toEqual([id]);
});

const SILENT: readonly (readonly [changes: Changes, settings?: Partial<Settings>])[] = [
  [{}],
  [{ gateway: { keepalive: 0 } }],
  [{ gateway: { keepalive: 10 }, directives: 'upstream a { keepalive 0; }' }],
  [BALANCED],
  [{ directives: 'keepalive_timeout 20s;' }],
  [
    {
      directives: 'client_max_body_size 0;',
      gateway: { limitRequestBody: 0 },
      app: { tmpfs: [] },
      nginx: { tmpfs: [] },
    },
  ],
  [{ app: { tmpfs: ['/tmp:size=16m'] } }, { FILE_UPLOAD_TEMP_DIR: '/home/node/uploads' }],
  [{ nginx: { environment: { NGINX_UPLOAD_LIMIT: '2' }, tmpfs: ['/tmp:size=20m'] } }],
  [HOSTS('~.'), { ALLOWED_HOSTS: ['example.com'] }],
  [HOSTS('example.com'), { ALLOWED_HOSTS: ['Example.com', 'localhost', '[::1]'] }],
  [HOSTS('.example.com localhost'), { ALLOWED_HOSTS: ['.example.com'] }],
  [HOSTS('*.example.com example.com'), { ALLOWED_HOSTS: ['.example.com', '*'] }],
  [
    {
      gateway: { forwardedAllowIps: '172.30.0.0/24' },
      composition: SUBNET,
      app: { networks: { internal: null }, ports: [{}] },
    },
  ],
  [{ gateway: { forwardedAllowIps: '172.16.0.0/12' } }],
  [BALANCED, { SECURE_HSTS_SECONDS: 1, SECURE_SSL_REDIRECT: true }],
  [{ nginx: { environment: { TLS: 'self-signed' } } }, { SECURE_SSL_REDIRECT: true }],
  [
    {
      app: {
        environment: { SECRET_KEY_FILE: '/run/secrets/secret_key' },
        secrets: [{ source: 'secret_key' }],
      },
    },
  ],
  [
    {
      app: {
        environment: { SECRET_KEY_FILE: '/run/secrets/k' },
        volumes: [{ target: '/run/secrets/k' }],
      },
    },
  ],
  [{ app: { scale: 2 } }, { SECRET_KEY: 'abc' }],
  [{ app: { scale: 2, environment: { SECRET_KEY_FILE: '/key' } } }],
  [{ gateway: { accesslogSkip: ['/up', '/on'] } }, { HEALTH_PATH: '/up', READY_PATH: '/on' }],
  [{ gateway: { accesslogSkip: '' } }],
  [{ gateway: { rootPath: '/shop' } }, { FORCE_SCRIPT_NAME: '/shop' }],
  [
    {
      nginx: {
        volumes: [{ target: '/etc/nginx/certificates' }],
        command: ['nginx', '-c', '/tmp/nginx.conf'],
      },
    },
  ],
];

test.for(SILENT)('nothing fires under %j', ([changes, settings = {}]) => {
  expect(idsUnder(changes, settings)).toEqual([]);
});

test('workers by default are those of the CPUs of the container', () => {
  const workers = { value: 1, source: 'the defaults' };
  const deployment = deploymentWith({ app: { cpus: 4.5 } });
  withSettings({});
  const gateway = { ...deployment.gateway, workers };
  const ids = disagreements({ ...deployment, gateway }).map(({ id }) => id);
  expect(ids).toEqual(['deploy.W116']);
});

test('a secret is to be readable for the user of its container', () => {
  const file = join(temporaryFolder(), 'key');
  writeFileSync(file, 'x'.repeat(50));
  const changes = {
    app: { secrets: [{ source: 'key' }], user: '12345:12346' },
    composition: { secrets: { key: { file } } },
  };
  const idsFor = (mode: number, user = '12345:12346') => {
    chmodSync(file, mode);
    return idsUnder({ ...changes, app: { ...changes.app, user } }, {});
  };
  expect([idsFor(0o600), idsFor(0o604)]).toEqual([['deploy.E127'], []]);
  expect(idsFor(0o400, `${process.getuid?.()}:1`)).toEqual([]);
  expect(idsFor(0o400, '0')).toEqual([]);
  if (process.getuid?.() !== 0) return;
  chownSync(file, 12_345, 0);
  expect([idsFor(0o044), idsFor(0o400)]).toEqual([['deploy.E127'], []]);
  chownSync(file, 0, 12_346);
  expect([idsFor(0o404), idsFor(0o040)]).toEqual([['deploy.E127'], []]);
});

test('so are the certificate of TLS=files and its key', () => {
  const folder = temporaryFolder();
  const files = (key: string): Changes => ({
    nginx: {
      user: '12345:12346',
      volumes: [{ source: folder, target: '/srv/tls' }],
      environment: { TLS: 'files', TLS_CERTIFICATE: 'chain.pem', TLS_KEY: key },
    },
  });
  writeFileSync(join(folder, 'chain.pem'), '', { mode: 0o644 });
  writeFileSync(join(folder, 'key.pem'), '', { mode: 0o600 });
  expect(idsUnder(files('key.pem'), {})).toEqual(['deploy.E127']);
  expect(idsUnder(files('other.pem'), {})).toEqual(['deploy.E126']);
  chmodSync(join(folder, 'key.pem'), 0o604);
  expect(idsUnder(files('key.pem'), {})).toEqual([]);
});

test('each finding has a sentence with the values, and a mend', () => {
  withSettings({});
  const found = FIRE.flatMap(([, changes, settings = {}]) => {
    withSettings(settings);
    return disagreements(deploymentWith(changes));
  });
  for (const { message, hint = '' } of found) {
    expect(message).toMatch(/^\w[^]*\.$/);
    expect(message).not.toMatch(/NaN|undefined|Infinity/);
    expect(hint).toMatch(/^\w/);
  }
});

test.for<[string, number | undefined]>([
  ['10m', 10_485_760],
  ['8k', 8192],
  ['512MB', 536_870_912],
  ['67108864', 67_108_864],
  ['50%', undefined],
])('%s are %s bytes', ([text, count]) => {
  expect(bytes(text)).toBe(count);
});

test.for<[string, number | undefined]>([
  ['35s', 35],
  ['1m30s', 90],
  ['500ms', 0.5],
  ['20', 20],
  ['1h', 3600],
  ['', undefined],
  ['soon', undefined],
])('%s are %s seconds', ([text, count]) => {
  expect(seconds(text)).toBe(count);
});

function idsUnder(changes: Changes, settings: Partial<Settings>): string[] {
  withSettings(settings);
  return disagreements(deploymentWith(changes)).map(({ id }) => id);
}
