import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { codeOf } from '../../http/status.ts';
import type { ResponseFields } from '../../wsgi/response-fields.ts';
import {
  listHeaders,
  type Framing,
  type ResponseSink,
  type WholeFraming,
} from '../../wsgi/response-sink.ts';
import type { Awaitable, Bytes } from '../../wsgi/types.ts';

/** Sends a response through `node:http`, which adds Date, Connection and the chunked coding. */
export class NodeResponseSink implements ResponseSink {
  readonly logError: (error: unknown) => void;
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
    this.logError = logError;
  }

  get isClosed(): boolean {
    return this.#response.destroyed;
  }

  whenClosed(listener: () => void): void {
    if (this.isClosed) listener();
    else this.#response.once('close', listener);
  }

  sendAll(status: string, fields: ResponseFields, framing: WholeFraming, body: Bytes): void {
    this.sendHead(status, fields, framing);
    this.#response.end(body);
  }

  sendHead(status: string, fields: ResponseFields, framing: Framing): void {
    this.#isUntilClose = framing === 'until-end' && this.#request.httpVersion === '1.0';
    const rawHeaders = listHeaders(fields, framing).flat();
    this.#response.writeHead(codeOf(status), status.slice(4), rawHeaders);
  }

  write(piece: Bytes): Awaitable<void> {
    return this.#response.write(piece) ? undefined : this.#drained();
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

  #drained(): Promise<void> {
    const response = this.#response;
    return new Promise((resolve) => {
      const settle = (): void => {
        response.off('drain', settle).off('close', settle);
        resolve();
      };
      response.on('drain', settle).on('close', settle);
    });
  }
}

/** Neither TLS nor a unix socket, which has no address, can. */
function canReset(socket: Socket): boolean {
  return !('encrypted' in socket) && socket.localAddress !== undefined;
}
