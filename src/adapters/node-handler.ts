import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { uriHost, withoutMapping } from '../wsgi/url.ts';
import { runApplication } from '../wsgi/run.ts';
import type { Application, Bytes } from '../wsgi/types.ts';
import { buildEnviron, type RequestFacts } from './environ.ts';
import { checkOptions, printError, type HandlerOptions } from './handler-options.ts';
import { NodeResponseSink } from './node-handler/response-sink.ts';
import { headersOfMessage } from './raw-headers.ts';

/**
 * An application as a listener for `node:http`: `createServer(nodeHandler(application))`.
 *
 * @throws where `scriptName` is not the path of a mount point.
 */
export function nodeHandler(
  application: Application,
  options: HandlerOptions = {},
): (request: IncomingMessage, response: ServerResponse) => void {
  const { onError = printError } = options;
  checkOptions(options);
  return (request, response) => {
    const environ = buildEnviron(factsOf(request, response), options);
    const sink = new NodeResponseSink(request, response, (error) => onError(error, environ));
    void runApplication(application, environ, sink);
  };
}

function factsOf(request: IncomingMessage, response: ServerResponse): RequestFacts {
  return {
    method: request.method ?? 'GET',
    target: request.url ?? '',
    protocol: `HTTP/${request.httpVersion}`,
    scheme: 'encrypted' in request.socket ? 'https' : 'http',
    addresses: addressesOf(request.socket),
    headers: headersOfMessage(request),
    pull: piecesOf(request),
    signal: abortedWith(response),
  };
}

function addressesOf(socket: Socket): RequestFacts['addresses'] {
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  return {
    SERVER_NAME: uriHost(withoutMapping(localAddress ?? 'localhost')),
    SERVER_PORT: String(localPort ?? 80),
    REMOTE_ADDR: withoutMapping(remoteAddress ?? ''),
    ...(remotePort === undefined ? {} : { REMOTE_PORT: String(remotePort) }),
  };
}

function piecesOf(request: IncomingMessage): RequestFacts['pull'] {
  let pieces: AsyncIterator<Bytes> | undefined;
  return async () => {
    pieces ??= (request as AsyncIterable<Bytes>)[Symbol.asyncIterator]();
    const step = await pieces.next();
    return step.done === true ? undefined : step.value;
  };
}

/** Aborts when the connection ends before the response does. */
function abortedWith(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}
