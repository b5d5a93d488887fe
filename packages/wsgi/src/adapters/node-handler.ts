import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { fieldFacts, type ConnectionFacts } from '../environ.ts';
import type { ResponseFields } from '../response-fields.ts';
import { listHeaders, type Framing, type ResponseSink } from '../response-sink.ts';
import { codeOf } from '../status.ts';
import type { Application, Awaitable, Bytes } from '../types.ts';
import { uriHost, withoutMapping } from '../url.ts';
import { answerer, fieldLines, type HandlerOptions } from './handler.ts';
import { abortedWith, drained } from './output-stream.ts';

/**
 * An application as a listener for `node:http`: `createServer(nodeHandler(application))`.
 *
 * @throws where `scriptName` is not the path of a mount point.
 */
export function nodeHandler(
  application: Application,
  options: HandlerOptions = {},
): (request: IncomingMessage, response: ServerResponse) => void {
  const answer = answerer(application, options);
  return (request, response) => {
    const { method = 'GET', url = '', httpVersion } = request;
    answer(
      {
        method,
        target: url,
        protocol: `HTTP/${httpVersion}`,
        fields: fieldLines(request).map(([name, value]) => fieldFacts(name, value)),
        ...connectionOf(request.socket),
        pull: piecesOf(request),
      },
      (logError) => new NodeResponseSink(request, response, logError),
    );
  };
}

function connectionOf(socket: Socket): ConnectionFacts {
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  return {
    scheme: 'encrypted' in socket ? 'https' : 'http',
    serverName: uriHost(withoutMapping(localAddress ?? 'localhost')),
    serverPort: String(localPort ?? 80),
    remoteAddress: withoutMapping(remoteAddress ?? ''),
    remotePort: remotePort === undefined ? '' : String(remotePort),
  };
}

function piecesOf(request: IncomingMessage): () => Promise<Bytes | undefined> {
  let pieces: AsyncIterator<Bytes> | undefined;
  return async () => {
    pieces ??= (request as AsyncIterable<Bytes>)[Symbol.asyncIterator]();
    const step = await pieces.next();
    return step.done === true ? undefined : step.value;
  };
}

/** Sends a response through `node:http`, which adds Date, Connection and the chunked coding. */
class NodeResponseSink implements ResponseSink {
  readonly logError: (error: unknown) => void;
  readonly signal: AbortSignal;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  /** The end of the connection is the end of the body. */
  #isUntilClose = false;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    logError: (error: unknown) => void,
  ) {
    this.#request = request;
    this.#response = response;
    this.signal = abortedWith(response);
    this.logError = logError;
  }

  get isClosed(): boolean {
    return this.#response.destroyed;
  }

  whenClosed(listener: () => void): void {
    if (this.isClosed) listener();
    else this.#response.once('close', listener);
  }

  sendAll(status: string, fields: ResponseFields, framing: Framing, body: Bytes): void {
    this.sendHead(status, fields, framing);
    this.#response.end(body);
  }

  sendHead(status: string, fields: ResponseFields, framing: Framing): void {
    this.#isUntilClose = framing === 'until-end' && this.#request.httpVersion === '1.0';
    // Node refuses to announce trailers where there is no chunked coding; none will come.
    const headers = listHeaders(fields, framing).filter(([name]) => !TRAILER.test(name));
    this.#response.writeHead(codeOf(status), status.slice(4), headers.flat());
  }

  write(piece: Bytes): Awaitable<void> {
    return this.#response.write(piece) ? undefined : drained(this.#response);
  }

  end(): void {
    this.#response.end();
  }

  /** A reset is for where nothing else tells that the body is incomplete. */
  abort(): void {
    const { socket } = this.#request;
    // A chunk waits for the next turn of the loop, and would be lost with the connection.
    this.#response.uncork();
    if (!this.#isUntilClose) socket.destroySoon();
    else if (canReset(socket)) socket.resetAndDestroy();
    else socket.destroy();
  }
}

const TRAILER = /^trailer$/i;

/** Neither TLS nor a unix socket, which has no address, can. */
function canReset(socket: Socket): boolean {
  return !('encrypted' in socket) && socket.localAddress !== undefined;
}
