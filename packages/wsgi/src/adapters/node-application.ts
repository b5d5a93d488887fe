import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { duplexPair, Readable, type Duplex } from 'node:stream';
import type { Application, Environ } from '../types.ts';
import { hasBody, headersOf, targetOf, withoutHopByHop } from './environ-request.ts';
import { fieldLines } from './handler.ts';

/** A listener for `node:http`; it may return a promise. */
export type NodeListener = (request: IncomingMessage, response: ServerResponse) => unknown;

/**
 * A listener for `node:http` as an application: one of Express, `app.routing` of a Fastify instance
 * that is ready, `app.callback()` of Koa. Requests and responses are Node's own: they pass through its
 * client and its server, over a connection in memory. It gets the URL below the mount point.
 */
export function nodeApplication(listener: NodeListener): Application {
  return async (environ, startResponse) => {
    const call = sendRequest(environ, connect(environ, listener));
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    const { statusCode, statusMessage } = response;
    startResponse(`${statusCode} ${statusMessage}`, withoutHopByHop(fieldLines(response)));
    return response;
  };
}

/** The client's end of a connection to a server of its own. */
function connect(environ: Environ, listener: NodeListener): Duplex {
  const [near, far] = duplexPair();
  // Neither end is told that the other was destroyed.
  near.once('close', () => far.destroy());
  far.once('close', () => {
    if (!far.writableFinished) near.destroy();
  });
  const server = createServer(LIMITS, (request, response) => {
    void listen(listener, request, response, near);
  });
  server.emit('connection', Object.assign(far, socketFacts(environ)));
  return near;
}

/** What fails before it answers is a fault that the server answers for; later, as Node has it. */
async function listen(
  listener: NodeListener,
  request: IncomingMessage,
  response: ServerResponse,
  client: Duplex,
): Promise<void> {
  try {
    await listener(request, response);
  } catch (error) {
    if (!response.headersSent) return void client.destroy(error as Error);
    if (!response.writableEnded) response.destroy();
    throw error;
  }
}

/** The server in front has limits of its own. */
const LIMITS = {
  maxHeaderSize: 16 * 1024 * 1024,
  headersTimeout: 0,
  requestTimeout: 0,
  requireHostHeader: false,
};

/** What frameworks ask of a socket: who the client is, and whether it came by TLS. */
function socketFacts(environ: Environ): Partial<Socket> & { encrypted?: true } {
  const { REMOTE_ADDR: remoteAddress = '', REMOTE_PORT: remotePort } = environ;
  return {
    ...(environ['wsgi.url_scheme'] === 'https' ? { encrypted: true } : {}),
    localPort: Number(environ.SERVER_PORT),
    remoteAddress,
    ...(remotePort === undefined ? {} : { remotePort: Number(remotePort) }),
    setTimeout: returnThis,
    setNoDelay: returnThis,
    setKeepAlive: returnThis,
    destroySoon(this: Socket) {
      this.end(() => this.destroy());
    },
  };
}

function returnThis(this: Socket): Socket {
  return this;
}

function sendRequest(environ: Environ, connection: Duplex): ClientRequest {
  const signal = environ['gateway.signal']?.();
  const call = httpRequest({
    createConnection: () => connection,
    method: environ.REQUEST_METHOD,
    path: targetOf(environ),
    headers: headersOf(environ).flat(),
    setHost: false,
    maxHeaderSize: LIMITS.maxHeaderSize,
    ...(signal === undefined ? {} : { signal }),
  });
  // One that comes before the response has a listener more; a later one cuts the response.
  call.on('error', () => undefined);
  if (hasBody(environ)) sendBody(environ, call);
  else call.end();
  return call;
}

/** A listener that answers early closes the connection: what is left is not read. */
function sendBody(environ: Environ, call: ClientRequest): void {
  Readable.from(environ['wsgi.input'])
    .on('error', (error) => call.destroy(error))
    .pipe(call);
}
