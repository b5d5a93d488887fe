import { Server as HttpServer } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { Connection } from '../../packages/gateway/src/worker/connection.ts';
import { Outbox } from '../../packages/gateway/src/worker/client-socket.ts';
import { HTTP1 } from '../../packages/gateway/src/protocols/http1/http1.ts';
import { ServerState, type Service } from '../../packages/gateway/src/worker/service.ts';
import { Networks } from '../../packages/gateway/src/settings/addresses.ts';
import { nodeApplication } from '../../packages/wsgi/src/adapters/node-application.ts';

// Preloaded, it has every `http.createServer(listener)` of the process served by the gateway's own
// connections, from the moment it listens. `https` stays Node's.

const { listen } = NetServer.prototype as unknown as {
  readonly listen: (this: NetServer) => NetServer;
};

Object.assign(HttpServer.prototype, {
  listen(this: HttpServer, ...parameters: unknown[]): unknown {
    adopt(this);
    return Reflect.apply(listen, this, parameters);
  },
});

const adopted = new WeakSet<HttpServer>();

function adopt(server: HttpServer): void {
  if (adopted.has(server)) return;
  adopted.add(server);
  const [nodes] = server.listeners('connection');
  server.off('connection', nodes as () => void);
  const connections = new Set<Connection>();
  const service = serviceOf(server);
  setInterval(() => sweep(service, connections), 500).unref();
  server.prependListener('connection', (socket) => accept(socket, service, connections));
  Object.assign(server, {
    pauseOnConnect: true,
    closeAllConnections() {
      for (const connection of connections) connection.client.close();
    },
    closeIdleConnections() {
      for (const connection of connections) {
        if (connection.exchange === undefined) connection.client.close();
      }
    },
  });
}

function sweep({ state }: Service, connections: ReadonlySet<Connection>): void {
  state.date = new Date().toUTCString();
  for (const connection of connections) connection.checkDeadline(performance.now());
}

function accept(socket: Socket, service: Service, connections: Set<Connection>): void {
  const { localAddress = 'localhost', localPort = 0, remoteAddress = '', remotePort = '' } = socket;
  const plain = (address: string): string => address.replace(/^::ffff:/, '');
  const connection = new Connection(
    socket,
    HTTP1,
    {
      scheme: 'http',
      serverName: localAddress.includes(':') ? `[${plain(localAddress)}]` : localAddress,
      serverPort: String(localPort),
      remoteAddress,
      remotePort: String(remotePort),
      isTrusted: true,
    },
    service,
    () => {
      connections.delete(connection);
      // Its handle is the connection's; what is left is that the server counts it.
      Object.assign(socket, { _handle: null }).destroy();
    },
  );
  connections.add(connection);
}

function serviceOf(server: HttpServer): Service {
  const log = { error: (...words: unknown[]) => void words };
  const state = new ServerState();
  const application = nodeApplication((request, response) =>
    server.emit('request', request, response),
  );
  return {
    // What a proxy says of the client is for the suites to judge, also of the scheme.
    application: (environ, startResponse) =>
      application({ ...environ, 'wsgi.url_scheme': 'http' }, startResponse),
    environ: { software: 'gateway', scriptName: '', isMultiprocess: false },
    trustedPeers: new Networks([]),
    limits: { requestLineBytes: 4094, fieldCount: 100, fieldBytes: 8190, bodyBytes: Infinity },
    timeouts: {
      headerMs: 60_000,
      bodyMs: 60_000,
      sendMs: 60_000,
      idleMs: 5000,
      requestMs: Infinity,
      lingerMs: 5000,
    },
    overload: { requestsInFlight: Infinity, loopDelayMs: Infinity },
    state,
    hooks: {},
    projectMetrics: undefined,
    outbox: new Outbox(),
    log: log as unknown as Service['log'],
    accessLog: undefined,
  };
}
