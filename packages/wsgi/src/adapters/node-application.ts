import { ServerResponse, type IncomingMessage } from 'node:http';
import { ProtocolError } from '../status.ts';
import type { Application, Body, Bytes, Environ, StartResponse, Write } from '../types.ts';
import {
  abort,
  dropRest,
  incomingMessage,
  isBeingRead,
  RequestPieces,
} from './listener-request.ts';
import { responseHeaders, withoutTabs } from './listener-response.ts';
import { ListenerSocket } from './listener-socket.ts';

/** A listener for `node:http`; it may return a promise. */
export type NodeListener = (request: IncomingMessage, response: ServerResponse) => unknown;

/**
 * A listener for `node:http` as an application: one of Express, `app.routing` of a Fastify instance
 * that is ready, `app.callback()` of Koa. Requests and responses are Node's own, over a socket that ends
 * here; framing and connection are the server's. It gets the URL below the mount point.
 */
export function nodeApplication(listener: NodeListener): Application {
  return (environ, startResponse) => {
    const call = new ListenerCall(environ, listener);
    return call.isOver ? call.answerWhole(startResponse) : call.answer(startResponse);
  };
}

const EMPTY: Bytes = new Uint8Array(0);

/** One request to a listener, and what it answers. */
class ListenerCall implements AsyncIterableIterator<Bytes> {
  readonly #environ: Environ;
  readonly #socket: ListenerSocket;
  readonly #pieces: RequestPieces;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  #fault: { readonly error: unknown } | undefined;

  constructor(environ: Environ, listener: NodeListener) {
    this.#environ = environ;
    this.#socket = new ListenerSocket(environ);
    this.#pieces = new RequestPieces(environ);
    this.#request = incomingMessage(environ, this.#socket, this.#pieces);
    this.#response = new ServerResponse(this.#request);
    this.#response.assignSocket(this.#socket);
    this.#serve();
    void this.#listen(listener);
  }

  /** The response is complete, and the listener reads no more of the request. */
  get isOver(): boolean {
    return this.#isComplete && !this.#isReading;
  }

  /** A response that closes its connection ends the request, too. */
  get #isReading(): boolean {
    return !this.#socket.response.isLast && isBeingRead(this.#request);
  }

  /** What is there in the turn of the request is sent in the same; a list would tell the length of a body. */
  answerWhole(startResponse: StartResponse): Body {
    const write = this.#start(startResponse);
    this.#socket.taken();
    const { isChunked, pieces } = this.#socket.response;
    if (!isChunked) return pieces;
    if (pieces.length === 0) void write(EMPTY);
    return pieces.values();
  }

  async answer(startResponse: StartResponse): Promise<Body> {
    const signal = this.#environ['gateway.signal']?.();
    signal?.addEventListener('abort', () => this.close(), { once: true });
    if (signal?.aborted === true) this.close();
    void this.#readAhead();
    while (this.#socket.response.head === undefined) {
      signal?.throwIfAborted();
      if (this.#socket.destroyed) throw this.#faultOr('the listener closed the connection');
      await this.#socket.changed();
    }
    const write = this.#start(startResponse);
    // PEP 3333 "The start_response() Callable": the head goes "upon the … first invocation of write()".
    const isHeadAlone = this.#socket.response.pieces.length === 0 && !this.#isComplete;
    if (isHeadAlone && !this.#socket.destroyed) void write(EMPTY);
    return this;
  }

  // What Node's server does.

  /** A malformed body ends the connection, also where the listener does not read it. */
  async #readAhead(): Promise<void> {
    try {
      await this.#pieces.readAhead();
    } catch (error) {
      this.#socket.destroy(error as Error);
    }
  }

  #serve(): void {
    const socket = this.#socket;
    const request = this.#request;
    const response = this.#response;
    // It is asked for what it ended by.
    socket.on('error', () => undefined);
    socket.on('drain', () => drain(response));
    socket.on('timeout', () => {
      const isHeeded = !request.complete && request.emit('timeout', socket);
      if (!response.emit('timeout', socket) && !isHeeded) socket.destroy();
    });
    response.once('finish', () => {
      if (this.#isReading) request.once('close', () => this.#end());
      else this.#end();
    });
  }

  #end(): void {
    if (isBeingRead(this.#request)) abort(this.#request);
    else dropRest(this.#request);
    this.#socket.destroySoon();
  }

  /** What fails before it answers is a fault that the server answers for; later, as Node has it. */
  async #listen(listener: NodeListener): Promise<void> {
    try {
      await listener(this.#request, this.#response);
    } catch (error) {
      if (this.#response.headersSent) {
        if (!this.#response.writableEnded) this.#response.destroy();
        throw error;
      }
      this.#fault = { error };
      this.#socket.destroy();
    }
  }

  // The response.

  get #isComplete(): boolean {
    const isEnded = this.#response.writableEnded || this.#socket.writableEnded;
    return isEnded && this.#socket.isRead && this.#socket.response.mayEnd;
  }

  /** @throws {ProtocolError} where what the client sent, and not the listener, is at fault for a 500. */
  #start(startResponse: StartResponse): Write {
    const { head, isLast } = this.#socket.response;
    if (head === undefined) throw new Error('the listener has not answered');
    if (isLast) this.#environ['gateway.close_connection']?.();
    const refused = this.#request.errored;
    try {
      if (head.code >= 500 && refused instanceof ProtocolError) throw refused;
      return startResponse(withoutTabs(head.status), responseHeaders(head.code, head.headers));
    } catch (error) {
      this.#socket.destroy();
      throw error;
    }
  }

  #faultOr(message: string): unknown {
    const fault = this.#fault ?? { error: this.#socket.errored ?? new Error(message) };
    return fault.error;
  }

  async next(): Promise<IteratorResult<Bytes>> {
    const socket = this.#socket;
    const { pieces } = socket.response;
    for (;;) {
      if (pieces.length === 0) socket.taken();
      const value = pieces.shift();
      if (value !== undefined) return { done: false, value };
      if (this.isOver) return { done: true, value: undefined };
      if (socket.destroyed) throw this.#faultOr('the listener cut its response');
      await socket.changed();
    }
  }

  async return(): Promise<IteratorResult<Bytes>> {
    this.close();
    return { done: true, value: undefined };
  }

  /** Ends what is not over: the client went away. */
  close(): void {
    if (this.isOver && this.#socket.response.pieces.length === 0) return;
    // In this order the error is the request's alone, as where a connection breaks.
    this.#socket.destroy();
    abort(this.#request);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** As where a socket is assigned: a response that was full learns that it can write on. */
function drain(response: ServerResponse): void {
  const { _flush: flush } = response as ServerResponse & BufferedMessage;
  if (!response.writableEnded) flush.call(response);
}

interface BufferedMessage {
  readonly _flush: (this: ServerResponse) => void;
}
