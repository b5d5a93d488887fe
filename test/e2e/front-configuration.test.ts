import { expect, test } from 'vitest';
import { type ComposeEnvironment, useStack } from './stack.ts';

const stack = useStack();

/** Every switch that puts lines in or out. What only changes values goes along with one of them. */
const SWITCHES = [
  ['TLS=off', 'TLS=self-signed', 'TLS=files', 'TLS=acme'],
  ['NGINX_HTTP3=off', 'NGINX_HTTP3=on NGINX_STATIC_FROM=app-static.here:8000'],
  ['NGINX_PROXY_PROTOCOL=off', 'NGINX_PROXY_PROTOCOL=on'],
  ['NGINX_HSTS_SECONDS=0 HTTPS_PORT=443', 'NGINX_HSTS_SECONDS=3600 NGINX_LIMITS=off'],
  ["NGINX_SERVER_NAMES='~.'", "NGINX_SERVER_NAMES='example.com www.example.com'"],
] as const;
const IMPOSSIBLE = /TLS=acme .*'~\.'/;
const NEEDED = {
  NGINX_TRUSTED_PROXY: '10.0.0.0/8, fd00::/8',
  NGINX_METRICS_HOST: '127.0.0.1',
  // The certificate of self-signed serves as that of files.
  TLS_CERTIFICATE: 'self-signed.pem',
  TLS_KEY: 'self-signed.key',
};

const BAD_VALUES = [
  ['TLS=on', 'TLS'],
  ['TLS=files TLS_KEY=/etc/shadow', 'TLS_CERTIFICATE'],
  ['TLS=files TLS_CERTIFICATE=../../etc/passwd TLS_KEY=../../etc/passwd', 'TLS_KEY'],
  ['TLS=acme', 'NGINX_SERVER_NAMES'],
  ['HTTPS_PORT=https', 'HTTPS_PORT'],
  ['HEALTH_PATH=healthz', 'HEALTH_PATH'],
  ["HEALTH_PATH='/;'", 'HEALTH_PATH'],
  ['NGINX_HTTP3=3', 'NGINX_HTTP3'],
  ['NGINX_HSTS_SECONDS=-1', 'NGINX_HSTS_SECONDS'],
  ['NGINX_SERVER_NAMES=', 'NGINX_SERVER_NAMES'],
  ["NGINX_SERVER_NAMES='a;b'", 'NGINX_SERVER_NAMES'],
  ['NGINX_WORKER_PROCESSES=', 'NGINX_WORKER_PROCESSES'],
  ['NGINX_WORKER_CONNECTIONS=many', 'NGINX_WORKER_CONNECTIONS'],
  ['NGINX_WORKER_SHUTDOWN_TIMEOUT=35x', 'NGINX_WORKER_SHUTDOWN_TIMEOUT'],
  ["NGINX_KEEPALIVE_TIMEOUT='75 s'", 'NGINX_KEEPALIVE_TIMEOUT'],
  ['NGINX_CLIENT_MAX_BODY_SIZE=10mb', 'NGINX_CLIENT_MAX_BODY_SIZE'],
  ['NGINX_CLIENT_MAX_BODY_SIZE=1g', 'NGINX_CLIENT_MAX_BODY_SIZE'],
  ['NGINX_READ_TIMEOUT=soon', 'NGINX_READ_TIMEOUT'],
  ['NGINX_LIMITS=maybe', 'NGINX_LIMITS'],
  ['NGINX_APPLICATION=app', 'NGINX_APPLICATION'],
  ["NGINX_STATIC_FROM='app:8000;'", 'NGINX_STATIC_FROM'],
  ['NGINX_REQUEST_RATE=100', 'NGINX_REQUEST_RATE'],
  ['NGINX_REQUEST_BURST=0', 'NGINX_REQUEST_BURST'],
  ['NGINX_CONNECTION_LIMIT=0', 'NGINX_CONNECTION_LIMIT'],
  ['NGINX_UPLOAD_LIMIT=0', 'NGINX_UPLOAD_LIMIT'],
  ['NGINX_TRUSTED_PROXY=balancer', 'NGINX_TRUSTED_PROXY'],
  ['NGINX_PROXY_PROTOCOL=on', 'NGINX_TRUSTED_PROXY'],
] as const;

test('nginx takes the configuration of every combination of switches', async () => {
  const combinations = SWITCHES.reduce<readonly string[]>(
    (all, values) => all.flatMap((before) => values.map((value) => `${before} ${value}`)),
    [''],
  ).filter((words) => !IMPOSSIBLE.test(words));
  expect(combinations).toHaveLength(56);
  const told = await tryAll(NEEDED, ['TLS=self-signed', ...combinations]);
  expect(told.filter((text) => text !== '')).toEqual([]);
});

test('a value that is bad is told by its name, and nothing starts', async () => {
  const told = await tryAll(
    {},
    BAD_VALUES.map(([words]) => words),
  );
  const names = told.map((text) => /^nginx does not start, .*\n {2}(\w+): .*\n$/.exec(text)?.[1]);
  expect(names).toEqual(BAD_VALUES.map(([, name]) => name));
});

test('nginx does not start where its configuration cannot be rendered', async () => {
  const [told] = await tryAll({}, ['NGINX_ENVSUBST_OUTPUT_DIR=/etc']);
  expect(told).toMatch(/not writable[^]*\/tmp\/nginx\.conf/);
});

/** The image's own command, but that it only looks. */
const COMMAND = '/docker-entrypoint.sh nginx -tq -c /tmp/nginx.conf';
const MARK = '-- tried --\n';

/** Tries it under assignments, one after the other in one container, and gives what each try prints. */
async function tryAll(
  environment: ComposeEnvironment,
  attempts: readonly string[],
): Promise<string[]> {
  const { Image, Config } = await stack.inspect<{ Image: string; Config: { Env: string[] } }>(
    'nginx',
  );
  const given = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const variables = [...Config.Env, ...given].flatMap((each) => ['--env', each]);
  const folders = ['/tmp', '/srv/tls', '/srv/store'].flatMap((path) => [
    '--tmpfs',
    `${path}:uid=101,size=128m`,
  ]);
  const on = ['--rm', '--read-only', '--network', 'none', ...folders, ...variables];
  const script = attempts
    .map((words) => `${words} ${COMMAND} 2>&1; printf -- '${MARK}'`)
    .join('\n');
  const output = await stack.docker('run', ...on, '--entrypoint', 'sh', Image, '-c', script);
  return output.split(MARK).slice(0, -1);
}
