import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import type { Application, Environ } from '@wsgi/wsgi';
import { Networks } from '../../src/settings/addresses.ts';
import type { Service } from '../../src/worker/service.ts';
import {
  fastcgiHead,
  PROXY_PROTOCOLS,
  proxyRequest,
  record,
  streamRecords,
  VARIABLES,
  type Pairs,
  type ProxyProtocol,
} from '../protocols/proxy-requests.ts';
import { ENVIRON, served, timeouts, type Served } from './serve.ts';

const TRUSTED: Partial<Service> = { trustedPeers: new Networks(['127.0.0.1']) };

const hello: Application = (_environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return [Buffer.from('hello')];
};

async function connected({ port }: Served): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** What comes until the server closes. */
async function exchange(server: Served, bytes: Buffer): Promise<string> {
  const socket = await connected(server);
  socket.write(bytes);
  return Buffer.concat(await socket.toArray().catch(() => [])).toString('latin1');
}

async function environOf(
  protocol: ProxyProtocol,
  told: Pairs,
  changes: Partial<Service> = TRUSTED,
): Promise<Environ> {
  const seen = Promise.withResolvers<Environ>();
  const server = await served(
    (environ, startResponse) => {
      seen.resolve(environ);
      return hello(environ, startResponse);
    },
    changes,
    protocol,
  );
  await exchange(server, proxyRequest(protocol, [...VARIABLES, ...told]));
  return seen.promise;
}

test.for<[ProxyProtocol, string]>([
  ['uwsgi', 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello'],
  ['scgi', 'Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello'],
])(
  'a response over %s leaves Date, Server and the connection to the proxy',
  async ([protocol, response]) => {
    const server = await served(hello, TRUSTED, protocol);
    expect(await exchange(server, proxyRequest(protocol, VARIABLES))).toBe(response);
    expect(server.access).toMatchObject([{ method: 'GET', target: '/a?b', status: 200, bytes: 5 }]);
  },
);

test('a response over FastCGI is in records, and the connection stays where that is asked for', async () => {
  const server = await served(hello, TRUSTED, 'fastcgi');
  const head = 'Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello';
  const response = (id: number): string =>
    Buffer.concat([
      record(6, id, Buffer.from(head)),
      record(6, id),
      record(3, id, Buffer.alloc(8)),
    ]).toString('latin1');
  const socket = await connected(server);
  socket.write(Buffer.concat([fastcgiHead(VARIABLES, { isKept: true }), record(5, 1)]));
  const [first] = (await once(socket, 'data')) as [Buffer];
  expect(first.toString('latin1')).toBe(response(1));
  socket.write(Buffer.concat([fastcgiHead(VARIABLES, { requestId: 300 }), record(5, 300)]));
  expect(Buffer.concat(await socket.toArray()).toString('latin1')).toBe(response(300));
});

test.for(PROXY_PROTOCOLS)('%s is not heard from a peer that is not allowed', async (protocol) => {
  const server = await served(hello, { trustedPeers: new Networks(['192.0.2.1']) }, protocol);
  expect(await exchange(server, proxyRequest(protocol, VARIABLES))).toBe('');
  expect(server.access).toMatchObject([{ status: 403, remote_addr: '127.0.0.1' }]);
});

const FORWARDED: Pairs = [
  ['HTTP_X_FORWARDED_FOR', '203.0.113.9'],
  ['HTTP_X_FORWARDED_PROTO', 'https'],
  ['HTTP_X_REQUEST_ID', 'given'],
];

test.for(PROXY_PROTOCOLS)(
  '%s: a client that is no trusted proxy forwards nothing',
  async (protocol) => {
    const environ = await environOf(protocol, [...FORWARDED, ['REMOTE_ADDR', '198.51.100.7']]);
    expect(environ).toMatchObject({ REMOTE_ADDR: '198.51.100.7', 'wsgi.url_scheme': 'http' });
    expect(environ).not.toHaveProperty('HTTP_X_FORWARDED_FOR');
    expect(environ['gateway.request_id']).not.toBe('given');
  },
);

test.for(PROXY_PROTOCOLS)('%s: a trusted proxy behind the proxy is believed', async (protocol) => {
  const environ = await environOf(protocol, [...FORWARDED, ['REMOTE_ADDR', '127.0.0.1']]);
  expect(environ).toMatchObject({
    HTTP_X_FORWARDED_FOR: '203.0.113.9',
    'wsgi.url_scheme': 'https',
    'gateway.request_id': 'given',
  });
});

test('what the proxy itself says of scheme, server, port and request counts for any client', async () => {
  const told: Pairs = [
    ['REMOTE_ADDR', '198.51.100.7'],
    ['REMOTE_PORT', '4711'],
    ['HTTPS', 'on'],
    ['SERVER_NAME', 'example.com'],
    ['SERVER_PORT', '443'],
    ['REQUEST_ID', 'mine'],
    ['REMOTE_USER', 'ann'],
  ];
  expect(await environOf('uwsgi', told)).toMatchObject({
    REMOTE_ADDR: '198.51.100.7',
    REMOTE_PORT: '4711',
    SERVER_NAME: 'example.com',
    SERVER_PORT: '443',
    REMOTE_USER: 'ann',
    SERVER_SOFTWARE: 'gateway',
    'wsgi.url_scheme': 'https',
    'gateway.request_id': 'mine',
  });
});

test.for<[what: string, Pairs, rootPath: string, SCRIPT_NAME: string, PATH_INFO: string]>([
  [
    'the mount point of the proxy',
    [
      ['SCRIPT_NAME', '/app'],
      ['PATH_INFO', '/app/a'],
    ],
    '',
    '/app',
    '/app/a',
  ],
  [
    'the mount point itself',
    [
      ['SCRIPT_NAME', '/app'],
      ['PATH_INFO', ''],
    ],
    '',
    '/app',
    '',
  ],
  ['a decoded path', [['PATH_INFO', '/a%2Fb\xe9']], '', '', '/a%2Fb\xe9'],
  ['--root-path', [['PATH_INFO', '/shop/a']], '/shop', '/shop', '/a'],
  ['--root-path and the target', [['REQUEST_URI', '/shop/%41']], '/shop', '/shop', '/A'],
  [
    'the proxy before --root-path',
    [
      ['SCRIPT_NAME', '/x'],
      ['PATH_INFO', '/a'],
    ],
    '/shop',
    '/x',
    '/a',
  ],
])('SCRIPT_NAME and PATH_INFO: %s', async ([, told, scriptName, SCRIPT_NAME, PATH_INFO]) => {
  const changes = { ...TRUSTED, environ: { ...ENVIRON, scriptName } };
  for (const protocol of PROXY_PROTOCOLS) {
    expect(await environOf(protocol, told, changes)).toMatchObject({ SCRIPT_NAME, PATH_INFO });
  }
});

test.for<[ProxyProtocol, string]>([
  ['uwsgi', 'HTTP/1.1 400 Bad Request'],
  ['scgi', 'Status: 400 Bad Request'],
  ['fastcgi', 'Status: 400 Bad Request'],
])('%s: what is refused is answered, and in the access log', async ([protocol, start]) => {
  const server = await served(hello, TRUSTED, protocol);
  const bytes = proxyRequest(protocol, [...VARIABLES, ['HTTP_X_A', 'a\nb']]);
  expect(await exchange(server, bytes)).toContain(`${start}\r\n`);
  expect(server.access).toMatchObject([
    { method: 'GET', target: '/a?b', status: 400, reason: 'control character in a field' },
  ]);
});

test.for(PROXY_PROTOCOLS)('%s: with too much to do it is a 503', async (protocol) => {
  const overload = { requestsInFlight: 0, loopDelayMs: Infinity };
  const server = await served(hello, { ...TRUSTED, overload }, protocol);
  const answer = await exchange(server, proxyRequest(protocol, VARIABLES));
  expect(answer).toContain('503 Service Unavailable\r\nRetry-After: 1\r\n');
});

test.for(PROXY_PROTOCOLS)('%s: a packet that stays incomplete is a 408', async (protocol) => {
  const server = await served(hello, { ...TRUSTED, ...timeouts({ headerMs: 100 }) }, protocol);
  const bytes = proxyRequest(protocol, VARIABLES);
  // Of FastCGI the request has begun.
  const answer = await exchange(server, bytes.subarray(0, 30));
  expect(answer).toContain('408 Request Timeout');
});

test.for(PROXY_PROTOCOLS)('%s: a body is pulled no faster than it is read', async (protocol) => {
  const { promise: goOn, resolve } = Promise.withResolvers<void>();
  const server = await served(
    async (environ, startResponse) => {
      await goOn;
      let length = 0;
      for await (const piece of environ['wsgi.input']) length += piece.length;
      startResponse('200 OK', [['Content-Type', 'text/plain']]);
      return [Buffer.from(`read ${length}`)];
    },
    {
      ...TRUSTED,
      limits: { requestLineBytes: 4094, fieldCount: 100, fieldBytes: 8190, bodyBytes: Infinity },
    },
    protocol,
  );
  const socket = await connected(server);
  const body = 'x'.repeat(30_000_000);
  let isTaken = false;
  socket.write(proxyRequest(protocol, VARIABLES, body), () => {
    isTaken = true;
  });
  await expect.poll(() => socket.bytesWritten).toBeGreaterThan(0);
  await expect.poll(() => server.server.requestsInFlight()).toHaveLength(1);
  expect(isTaken).toBe(false);
  resolve();
  expect(Buffer.concat(await socket.toArray()).toString('latin1')).toContain('read 30000000');
});

test('an abort of FastCGI aborts the signal', async () => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const { promise: aborted, resolve: abort } = Promise.withResolvers<void>();
  const server = await served(
    async (environ, startResponse) => {
      const signal = environ['gateway.signal']?.();
      begin();
      if (signal) await once(signal, 'abort');
      abort();
      return hello(environ, startResponse);
    },
    TRUSTED,
    'fastcgi',
  );
  const socket = await connected(server);
  socket.write(
    Buffer.concat([fastcgiHead(VARIABLES, { isKept: true }), streamRecords(5, 1, Buffer.alloc(0))]),
  );
  await begun;
  socket.write(record(2, 1));
  await aborted;
  await expect.poll(() => server.access).toMatchObject([{ status: 499 }]);
});

test('a draining worker closes a FastCGI connection with the last response', async () => {
  const server = await served(hello, TRUSTED, 'fastcgi');
  const socket = await connected(server);
  const request = Buffer.concat([fastcgiHead(VARIABLES, { isKept: true }), record(5, 1)]);
  socket.write(request);
  await once(socket, 'data');
  const drained = server.server.drain();
  socket.write(request);
  const rest = Buffer.concat(await socket.toArray()).toString('latin1');
  expect(rest).toContain('hello');
  await drained;
});
