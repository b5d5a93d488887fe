import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { fetchApplication } from '@wsgi/wsgi/adapters/fetch-application';
import { nodeApplication } from '@wsgi/wsgi/adapters/node-application';
import type { Application } from '@wsgi/wsgi';
import { RawClient } from '../raw-client.ts';
import { served } from './serve.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

const asked: Application = (environ, startResponse) => {
  environ['gateway.close_connection']?.();
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return [Buffer.from('last')];
};

function listening(prepare: (response: ServerResponse) => void): Application {
  return nodeApplication((_request, response) => {
    prepare(response);
    response.setHeader('Content-Type', 'text/plain');
    response.end('last');
  });
}

test.for<[title: string, application: Application]>([
  ['an application that asks for it', asked],
  ['a listener with Connection: close', listening((it) => it.setHeader('Connection', 'close'))],
  ['a listener that keeps none', listening((it) => void (it.shouldKeepAlive = false))],
  [
    'a Response with Connection: close',
    fetchApplication(() => new Response('last', { headers: { Connection: 'close' } })),
  ],
])('%s closes the connection after its response', async ([, application]) => {
  const { port } = await served(application);
  const client = await RawClient.connect(port);
  client.send(GET);
  const received = await client.untilClosed();
  expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\nConnection: close\r\n.*last$/s);
});
