import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pieces } from './transfer-application.ts';

/** What `transfer-application.ts` answers, out of a bare node:http server. */
const server = createServer((request, response) => {
  if (request.method === 'GET') void send(Number(request.url?.slice(1)), response);
  else count(request, response);
});

function count(request: IncomingMessage, response: ServerResponse): void {
  let bytes = 0;
  request.on('data', (piece: Buffer) => {
    bytes += piece.length;
  });
  request.on('end', () => response.end(String(bytes)));
}

async function send(bytes: number, response: ServerResponse): Promise<void> {
  response.setHeader('Content-Length', bytes);
  for (const piece of pieces(bytes)) {
    if (!response.write(piece)) await once(response, 'drain');
  }
  response.end();
}

server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
