import type { IncomingMessage, ServerResponse } from 'node:http';
import { codeOf } from '../../http/status.ts';
import type { Framing, ResponseSink } from '../../wsgi/response-sink.ts';
import type { Awaitable, Bytes, HeaderList } from '../../wsgi/types.ts';

/** Sends a response through `node:http`, which adds Date, Connection and the chunked coding. */
export class NodeResponseSink implements ResponseSink {
  readonly logError: (error: unknown) => void;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;

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

  sendAll(status: string, headers: HeaderList, framing: Framing, body: Bytes): void {
    this.sendHead(status, headers, framing);
    this.#response.end(body);
  }

  sendHead(status: string, headers: HeaderList, framing: Framing): void {
    const rawHeaders = headers.flat();
    if (typeof framing === 'number') rawHeaders.push('Content-Length', String(framing));
    this.#response.writeHead(codeOf(status), status.slice(4), rawHeaders);
  }

  write(piece: Bytes): Awaitable<void> {
    return this.#response.write(piece) ? undefined : this.#drained();
  }

  end(): void {
    this.#response.end();
  }

  /** To HTTP/1.0 the end of the connection is the end of the body: only a reset tells them apart. */
  abort(): void {
    const { httpVersion, socket } = this.#request;
    // A chunk waits for the next turn of the loop, and would be lost with the connection.
    this.#response.uncork();
    if (httpVersion === '1.0') socket.resetAndDestroy();
    else socket.destroySoon();
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
