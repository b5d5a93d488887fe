import { IncomingMessage } from 'node:http';
import { ProtocolError } from '../status.ts';
import type { Bytes, Environ, HeaderList } from '../types.ts';
import { fieldLinesOf, hasBody, targetOf } from './environ-request.ts';
import type { ListenerSocket } from './listener-socket.ts';

/** The pieces of a request's body; the first of them may be read before it is asked for. */
export class RequestPieces {
  readonly #environ: Environ;
  #pieces: AsyncIterator<Bytes> | undefined;
  #ahead: Promise<IteratorResult<Bytes>> | undefined;

  constructor(environ: Environ) {
    this.#environ = environ;
  }

  next(): Promise<IteratorResult<Bytes>> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    this.#pieces ??= this.#environ['wsgi.input'][Symbol.asyncIterator]();
    return ahead ?? this.#pieces.next();
  }

  /**
   * What a client who awaits a 100 sends is not asked for.
   *
   * @throws {ProtocolError} where the body is malformed, and nobody has begun to read it.
   */
  async readAhead(): Promise<void> {
    const environ = this.#environ;
    if (this.#pieces !== undefined || !hasBody(environ) || environ['HTTP_EXPECT']) return;
    const ahead = this.next();
    this.#ahead = ahead;
    try {
      await ahead;
    } catch (error) {
      const isMalformed = error instanceof ProtocolError && error.status === 400;
      if (isMalformed && this.#ahead === ahead) throw error;
    }
  }
}

/** The request of environ, as Node's server would give it to its listener. */
export function incomingMessage(
  environ: Environ,
  socket: ListenerSocket,
  pieces: RequestPieces,
): IncomingMessage {
  const request = new IncomingMessage(socket);
  const [major = 1, minor = 1] = environ.SERVER_PROTOCOL.slice('HTTP/'.length)
    .split('.')
    .map(Number);
  Object.assign(request, {
    httpVersionMajor: major,
    httpVersionMinor: minor,
    httpVersion: `${major}.${minor}`,
    method: environ.REQUEST_METHOD,
    url: targetOf(environ),
  });
  addFieldLines(request, fieldLinesOf(environ));
  if (hasBody(environ)) readFrom(pieces, request, socket);
  else endOf(request);
  return request;
}

/** What Node's parser calls: `headers` and `headersDistinct` come of these lines when they are asked for. */
function addFieldLines(request: IncomingMessage, lines: HeaderList): void {
  const { _addHeaderLines: add } = request as IncomingMessage & ParsedMessage;
  add.call(request, lines.flat(), 2 * lines.length);
}

interface ParsedMessage {
  readonly _addHeaderLines: (this: IncomingMessage, rawHeaders: string[], count: number) => void;
}

/** Frameworks change a message's prototype, but not what it has of its own. */
function readFrom(pieces: RequestPieces, request: IncomingMessage, socket: ListenerSocket): void {
  const readPiece = async (): Promise<void> => {
    try {
      const step = await pieces.next();
      if (request.complete || request.destroyed) return;
      if (step.done === true) return endOf(request);
      socket.countRead(step.value.length);
      request.push(step.value);
    } catch (error) {
      failTo(request, error);
    }
  };
  const { _read: consume } = request as unknown as ConsumedMessage;
  Object.assign(request, {
    _read() {
      // Node's notes that the request is read, without which it is not read on.
      consume.call(request);
      void readPiece();
    },
  });
}

interface ConsumedMessage {
  readonly _read: (this: IncomingMessage) => void;
}

/** A response that is complete does not end what its listener still does with the request. */
export function isBeingRead(request: IncomingMessage): boolean {
  if (request.readableEnded || request.destroyed || request.readableFlowing === null) return false;
  return request.listenerCount('data') > 0 || request.listenerCount('readable') > 0;
}

function endOf(request: IncomingMessage): void {
  request.complete = true;
  request.push(null);
}

/** The rest of a body that nobody reads. */
export function dropRest(request: IncomingMessage): void {
  if (!request.complete) endOf(request);
  request.resume();
}

function failTo(request: IncomingMessage, error: unknown): void {
  if (request.complete || request.destroyed) return;
  if (error instanceof ProtocolError) refuse(request, error);
  else abort(request);
}

/** The client sent what cannot be read. It is there and can be told: the request alone ends. */
function refuse(request: IncomingMessage, error: ProtocolError): void {
  request.complete = true;
  Object.assign(request, { _destroy: endAlone }).destroy(error);
}

/** Node's own would take the connection with it. Like that one, it tells an error to who listens. */
function endAlone(
  this: IncomingMessage,
  error: Error | null,
  done: (error: Error | null) => void,
): void {
  done(this.listenerCount('error') > 0 ? error : null);
}

/** The client went away. */
export function abort(request: IncomingMessage): void {
  request.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
}
