import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { connect, type ConnectionOptions, type PeerCertificate, type TLSSocket } from 'node:tls';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { requestLine, sendRaw } from './raw-request.ts';
import { useStack } from './stack.ts';

const SWITCHES = {
  TLS: 'self-signed',
  NGINX_HTTP3: 'on',
  NGINX_HSTS_SECONDS: '3600',
  NGINX_SERVER_NAMES: 'localhost shop.example',
};

const stack = useStack(async (running) => {
  await running.with(SWITCHES).start('--no-deps', 'nginx');
  return () => running.start();
});

test('the certificate is for the names of the site, and stays over a new container', async () => {
  const before = await certificate();
  expect(before.subjectaltname).toMatch(/DNS:localhost, .*DNS:shop\.example/);
  await stack.with(SWITCHES).start('--no-deps', '--force-recreate', 'nginx');
  expect((await certificate()).fingerprint256).toBe(before.fingerprint256);
});

test('HTTP/1.1 is served over TLS, with each field of the response once', async () => {
  const outgoing = get(`https://localhost:${stack.httpsPort}/`, { rejectUnauthorized: false });
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  await buffer(response);
  expect(response.statusCode).toBe(200);
  expect(response.headersDistinct).toMatchObject({
    'strict-transport-security': ['max-age=3600'],
    // The published port.
    'alt-svc': [`h3=":${stack.httpsPort}"; ma=86400`],
    'x-request-id': [expect.stringMatching(/^\w{32}$/)],
    'x-frame-options': ['DENY'],
  });
  expect(response.headers['content-encoding']).toBeUndefined();
});

test('HTTP/2 is served', async () => {
  const session = connectHttp2(`https://localhost:${stack.httpsPort}`, {
    rejectUnauthorized: false,
  });
  const stream = session.request({ ':path': '/healthz' });
  const [headers] = (await once(stream, 'response')) as [{ ':status': number }];
  expect(headers[':status']).toBe(200);
  expect(String(await buffer(stream))).toBe('ok\n');
  session.close();
});

test('HTTP/3 is served at the port that is named', async () => {
  const { Image } = await stack.inspect<{ Image: string }>('nginx');
  const on = ['--rm', '--network', 'host', '--entrypoint', 'curl', Image];
  const curl = ['--silent', '--insecure', '--http3-only', '--write-out', '%{http_version}'];
  const url = `https://localhost:${stack.httpsPort}/healthz`;
  expect(await stack.docker('run', ...on, ...curl, url)).toBe('ok\n3');
});

test('plain http leads to https at the published port, and a POST stays one', async () => {
  const url = new URL('/items/7/?a=b', stack.url.replace('127.0.0.1', 'localhost'));
  const location = `https://localhost:${stack.httpsPort}/items/7/?a=b`;
  for (const method of ['GET', 'POST']) {
    const response = await fetch(url, { method, redirect: 'manual' });
    expect(response.status).toBe(308);
    expect(response.headers.get('location')).toBe(location);
  }
  const toTls = await sendRaw(stack.httpsPort, requestLine('GET', '/items/7/?a=b'));
  expect(toTls.text).toContain(`\r\nLocation: ${location}\r\n`);
});

test('a probe is answered by plain http, whatever its Host', async () => {
  const probe = 'GET /healthz HTTP/1.1\r\nHost: 10.1.2.3\r\nConnection: close\r\n\r\n';
  expect((await sendRaw(stack.port, probe)).text).toMatch(/\r\n\r\nok\n$/);
});

test.for([
  ['another name', { servername: 'evil.example' }],
  ['no name', { servername: '' }],
  ['TLS 1.1', { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }],
  ['a cipher of CBC', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' }],
  ['RC4 and its like', { maxVersion: 'TLSv1.2', ciphers: 'ALL:!AESGCM:!CHACHA20' }],
] as const)('%s gets no handshake', async ([, options]) => {
  await expect(handshake(options)).rejects.toThrow(/alert|handshake|disconnected|reset|protocol/i);
});

test.for(['TLSv1.2', 'TLSv1.3'] as const)('%s is spoken, without tickets', async (version) => {
  const socket = await handshake({ minVersion: version, maxVersion: version });
  expect(socket.getProtocol()).toBe(version);
  expect(socket.getCipher().name).toMatch(/GCM|CHACHA20/);
  expect(socket.getTLSTicket()).toBeUndefined();
  socket.destroy();
});

async function handshake(options: ConnectionOptions): Promise<TLSSocket> {
  const given = { servername: 'localhost', rejectUnauthorized: false, ...options };
  const socket = connect({ port: stack.httpsPort, host: '127.0.0.1', ...given });
  await once(socket, 'secureConnect');
  return socket;
}

async function certificate(): Promise<PeerCertificate> {
  const socket = await handshake({});
  const found = socket.getPeerCertificate();
  socket.destroy();
  return found;
}
