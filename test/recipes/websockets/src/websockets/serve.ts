import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { log } from '@wsgi/framework';
import { type Command } from '@wsgi/framework/commands';
import { WebSocketServer, type WebSocket } from 'ws';

/** nginx gives up what says nothing for NGINX_READ_TIMEOUT: 35 s. */
const PING_MS = 20_000;

export const serveWebSockets: Command = {
  name: 'websockets',
  usage: '',
  summary: 'Serves WebSockets at port 9000, until it is told to stop.',
  async run() {
    const sockets = new WebSocketServer({ noServer: true, maxPayload: 65_536 });
    sockets.on('connection', (socket) => converse(socket, sockets));
    // What is no WebSocket is the health check.
    const server = createServer((_request, response) => response.end('ok\n'));
    server.on('upgrade', (request, stream, head) => {
      const greet = (socket: WebSocket) => sockets.emit('connection', socket);
      if (isOwn(request)) sockets.handleUpgrade(request, stream, head, greet);
      else stream.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
    });
    server.listen(9000);
    log.info('waiting for WebSockets');
    await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
    server.close();
    // 1001: the clients come again, to the next one.
    for (const socket of sockets.clients) socket.close(1001);
    await once(server, 'close');
    return 0;
  },
};

/** A browser names the site whose page connects: cookies would come along from any other's, too. */
function isOwn({ headers: { origin, host } }: IncomingMessage): boolean {
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}

/** What one says all hear. One that answers no ping has gone. */
function converse(socket: WebSocket, { clients }: WebSocketServer): void {
  let isThere = true;
  const timer = setInterval(() => {
    if (!isThere) socket.terminate();
    isThere = false;
    socket.ping();
  }, PING_MS);
  socket.on('pong', () => (isThere = true));
  socket.on('close', () => clearInterval(timer));
  socket.on('error', (error) => log.warn({ err: error }, 'a WebSocket failed'));
  socket.on('message', (data, isBinary) => {
    for (const other of clients) other.send(data, { binary: isBinary }, () => {});
  });
}
