import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { expect, test, vi } from 'vitest';
import { looseEnds, type Container } from './hardened.ts';
import { parseProcesses, LIST_PROCESSES } from './process-table.ts';
import { type Stack, useStack } from './stack.ts';

const PEBBLE = 'ghcr.io/letsencrypt/pebble:2.10';
const SITE = 'shop.test';
const BLOCKED = 'blocked.test';
const RENEWALS = 3;
const WAIT = { timeout: 30_000, interval: 200 };
/** On its own, an answer may be as slow as the machine. */
const CLIENTS = 8;

let stack: Stack;
useStack(async (plain) => {
  const folder = mkdtempSync(join(tmpdir(), 'acme-'));
  // certbot is another user.
  chmodSync(folder, 0o755);
  stack = await withPebble(plain, folder);
  await stack.compose('build', 'certbot');
  await stack.start('--no-deps', 'nginx', 'pebble');
  const isListening = async () => /directory available/.test(await stack.compose('logs', 'pebble'));
  await vi.waitUntil(isListening, WAIT);
  return async () => {
    await stack.compose('rm', '--stop', '--force', 'certbot', 'pebble');
    rmSync(folder, { recursive: true });
    await plain.start();
  };
});

test('before there is a certificate nginx runs, and takes the first one without a reload', async () => {
  await expect(serial()).rejects.toThrow();
  const startedAt = await frontStartedAt();
  await stack.start('--no-deps', 'certbot');
  await expect.poll(serial, WAIT).toMatch(/^[0-9A-F]+$/);
  expect(await frontStartedAt()).toBe(startedAt);
});

test('certificates renewed under load cost no request', async () => {
  const load = startLoad();
  const serials = new Set([await serial()]);
  for (let renewal = 1; renewal <= RENEWALS; renewal++) {
    await stack.shell('certbot', '/srv/certbot --force-renewal');
    await expect.poll(async () => serials.has(await serial()), WAIT).toBe(false);
    serials.add(await serial());
  }
  const outcomes = await load.stop();
  expect(serials.size).toBe(RENEWALS + 1);
  expect(outcomes.filter((outcome) => outcome !== 200)).toEqual([]);
  expect(outcomes.length).toBeGreaterThan(100);
});

test('a refused renewal and a lost ACME server leave the old certificate', async () => {
  const before = await serial();
  const refused = stack.shell('certbot', `/srv/certbot --force-renewal --domain ${BLOCKED}`);
  await expect(refused).rejects.toThrow(/blocked|policy|rejected/i);
  expect(await serial()).toBe(before);

  await stack.compose('stop', 'pebble');
  const lost = stack.shell('certbot', '/srv/certbot --force-renewal');
  await expect(lost).rejects.toThrow(/pebble/);
  // Also one that starts meanwhile.
  await stack.start('--no-deps', '--force-recreate', 'nginx');
  expect(await serial()).toBe(before);
});

test('certbot has no capability, and writes to its volumes alone', async () => {
  expect(looseEnds(await stack.inspect<Container>('certbot'))).toEqual([]);
  for (const status of parseProcesses(await stack.shell('certbot', LIST_PROCESSES))) {
    const facts = { CapEff: '0000000000000000', CapBnd: '0000000000000000', NoNewPrivs: '1' };
    expect(Object.fromEntries(status)).toMatchObject({ ...facts, Uid: '101\t101\t101\t101' });
  }
  const attempt = 'for dir in / /etc /srv /var/tmp; do touch $dir/x && echo $dir; done';
  expect(await stack.shell('certbot', `(${attempt}) 2>/dev/null || true`)).toBe('');
});

/** An ACME server on the network of nginx, which is the site by name there. */
async function withPebble(plain: Stack, folder: string): Promise<Stack> {
  const { Image } = await plain.inspect<{ Image: string }>('nginx');
  const openssl =
    'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 2 ' +
    '-subj /CN=pebble -addext subjectAltName=DNS:pebble -keyout /pebble/key.pem -out /pebble/cert.pem';
  const script = `${openssl} 2>/dev/null && chmod 644 /pebble/*`;
  const as = ['--rm', '--user', '0', '--volume', `${folder}:/pebble`, '--entrypoint', 'sh'];
  await plain.docker('run', ...as, Image, '-c', script);
  const pebble = {
    listenAddress: '0.0.0.0:14000',
    managementListenAddress: '0.0.0.0:15000',
    certificate: '/pebble/cert.pem',
    privateKey: '/pebble/key.pem',
    httpPort: 8080,
    tlsPort: 8443,
    domainBlocklist: [BLOCKED],
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ pebble }));
  const volumes = [`${folder}:/pebble:ro`];
  const acme = plain.with({
    TLS: 'acme',
    COMPOSE_PROFILES: 'acme',
    ACME_SERVER: 'https://pebble:14000/dir',
    NGINX_SERVER_NAMES: SITE,
    NGINX_LIMITS: 'off',
    ALLOWED_HOSTS: SITE,
  });
  const services = {
    nginx: { networks: { edge: { aliases: [SITE] }, internal: {} } },
    certbot: { environment: { REQUESTS_CA_BUNDLE: '/pebble/cert.pem' }, volumes },
    pebble: {
      image: PEBBLE,
      command: ['-config', '/pebble/config.json'],
      environment: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0' },
      networks: ['edge'],
      volumes,
    },
  };
  return acme.override(services, folder);
}

/** The number of the certificate that the site has. */
async function serial(): Promise<string> {
  const at = { port: stack.httpsPort, host: '127.0.0.1', servername: SITE };
  const socket = connect({ ...at, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

async function frontStartedAt(): Promise<string> {
  const { State } = await stack.inspect<{ State: { StartedAt: string } }>('nginx');
  return State.StartedAt;
}

/** Clients of which half keep their connections, until `stop`. */
function startLoad() {
  const end = new AbortController();
  async function client(_: unknown, index: number): Promise<(number | string)[]> {
    const outcomes: (number | string)[] = [];
    const agent = new Agent({ keepAlive: index % 2 === 0, rejectUnauthorized: false });
    while (!end.signal.aborted) {
      outcomes.push(await outcomeOf(agent));
      await sleep(20);
    }
    agent.destroy();
    return outcomes;
  }
  const outcomes = Promise.all(Array.from({ length: CLIENTS }, client));
  return {
    stop: async () => {
      end.abort();
      return (await outcomes).flat();
    },
  };
}

async function outcomeOf(agent: Agent): Promise<number | string> {
  const to = { host: '127.0.0.1', port: stack.httpsPort, path: '/healthz', servername: SITE };
  try {
    const outgoing = get({ ...to, headers: { Host: SITE }, agent });
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    await text(response);
    return response.statusCode ?? 0;
  } catch (error) {
    return String(error);
  }
}
