import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../packages/wsgi/test/temporary-folder.ts';
import { useStack } from './stack.ts';

// What others find: testssl.sh, and h2load of nghttp2-client.

const stack = useStack(async (running) => {
  await running.with({ TLS: 'self-signed', NGINX_LIMITS: 'off' }).start('--no-deps', 'nginx');
  return () => running.start();
});

/** Where there is no such program; in CI its test fails then. */
function lacks(program: string): boolean {
  return !process.env['CI'] && spawnSync('which', [program]).status !== 0;
}

async function run(program: string, ...words: string[]): Promise<string> {
  const options = { timeout: 400_000, maxBuffer: 2 ** 24 };
  return (await promisify(execFile)(program, words, options)).stdout;
}

interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly finding: string;
}

/** Protocols, and what the server says of itself: the whole takes minutes, and tls.test.ts tries ciphers. */
async function testssl(): Promise<readonly Finding[]> {
  const file = join(temporaryFolder(), 'findings.json');
  const words = ['--quiet', '--warnings', 'off', '--color', '0', '--jsonfile', file];
  const url = `https://localhost:${stack.httpsPort}`;
  // It exits with how many things it did not like.
  await run('testssl', ...words, '--protocols', '--server-defaults', url).catch(() => undefined);
  return JSON.parse(readFileSync(file, 'utf8')) as Finding[];
}

test('testssl.sh finds nothing above LOW, but that nobody vouches for the certificate', async ({
  skip,
}) => {
  skip(lacks('testssl'), 'testssl.sh is not installed');
  const findings = await testssl();
  const severe = findings.filter(({ severity }) => /^(MEDIUM|HIGH|CRITICAL)$/.test(severity));
  expect(severe.map(({ id }) => id)).toEqual(['cert_chain_of_trust', 'cert_revocation']);
  const found = Object.fromEntries(findings.map(({ id, finding }) => [id, finding]));
  expect(found).toMatchObject({
    SSLv3: 'not offered',
    TLS1: 'not offered',
    TLS1_1: 'not offered',
    TLS1_2: 'offered',
    TLS1_3: 'offered with final',
  });
}, 420_000);

test('h2load gets 5,000 answers by HTTP/2, each of them 200', async ({ skip }) => {
  skip(lacks('h2load'), 'h2load is not installed');
  const url = `https://localhost:${stack.httpsPort}/items/7/`;
  const told = await run(
    'h2load',
    '--requests=5000',
    '--clients=10',
    '--max-concurrent-streams=10',
    url,
  );
  expect(told).toContain('Application protocol: h2\n');
  expect(told).toContain('5000 succeeded, 0 failed, 0 errored, 0 timeout');
  expect(told).toContain('status codes: 5000 2xx, 0 3xx, 0 4xx, 0 5xx');
});
