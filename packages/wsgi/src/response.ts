import { ProtocolError, codeOf, forbidsBody, statusLine } from './status.ts';
import { checkStatus } from './headers.ts';
import {
  NO_FIELDS,
  PLAIN_TEXT_FIELDS,
  withoutContentLength,
  writeFields,
  type ResponseFields,
} from './response-fields.ts';
import type { ResponseSink, WholeFraming } from './response-sink.ts';
import type { Awaitable, Bytes, ExcInfo, HeaderList, StartResponse, Write } from './types.ts';

const EMPTY: Bytes = new Uint8Array(0);

/** One response from `start_response` to its last byte: status, headers, lengths. It never sees a socket. */
export class WsgiResponse {
  // Not assigned in the constructor: V8 makes functions that are assigned to a property in its old
  // space, from where each would keep all of its request until the next full collection.
  readonly startResponse: StartResponse = (status, headers, excInfo) =>
    this.#start(status, headers, excInfo);
  readonly #sink: ResponseSink;
  readonly #isHeadRequest: boolean;
  #status = '';
  #fields: ResponseFields = NO_FIELDS;
  #wasStartCalled = false;
  #hasBody = true;
  #isHeadSent = false;
  #isFinished = false;
  #sentBytes = 0;

  constructor(sink: ResponseSink, method: string) {
    this.#sink = sink;
    this.#isHeadRequest = method === 'HEAD';
  }

  /** The status can no longer change. */
  get isHeadSent(): boolean {
    return this.#isHeadSent;
  }

  /** Nothing more can be sent: there is no use in asking the application for it. */
  get isFinished(): boolean {
    return this.#isFinished || this.#sink.isClosed;
  }

  /**
   * Sends a piece of the body, before the first one the head (PEP 3333 "The start_response()
   * Callable": not earlier). Resolves once the client can take more.
   */
  send(piece: Bytes): Awaitable<void> {
    checkPiece(piece);
    if (piece.length === 0 || this.isFinished) return undefined;
    if (!this.#isHeadSent) this.#sendHead();
    if (!this.#hasBody) return undefined;
    if (this.#sentBytes + piece.length > this.#fields.contentLength) return this.#sendLast(piece);
    this.#sentBytes += piece.length;
    return this.#sink.write(piece);
  }

  /** Sends a body that is one piece, and so tells its length (PEP 3333 "Handling the Content-Length Header"). */
  sendOnly(piece: Bytes): void {
    checkPiece(piece);
    if (this.isFinished) return;
    this.#requireStart();
    if (this.#hasBody) this.#requireLength(piece.length);
    const body = this.#hasBody ? this.#clip(piece) : EMPTY;
    this.#isHeadSent = this.#isFinished = true;
    this.#sink.sendAll(this.#status, this.#fields, this.#framingOf(piece), body);
  }

  /** Ends the response after the last piece. */
  finish(): void {
    if (this.isFinished) return;
    if (!this.#isHeadSent) return this.sendOnly(EMPTY);
    this.#requireLength(this.#sentBytes);
    this.#isFinished = true;
    this.#sink.end();
  }

  /**
   * Answers for an error where nothing was sent: 500, or what the client's own fault in the body
   * calls for. Later, the body is left visibly incomplete.
   */
  fail(error: unknown): void {
    const sink = this.#sink;
    const status = this.#report(error);
    if (this.isFinished) return;
    if (!this.#isHeadSent) this.#sendError(status);
    else if (this.#sentBytes === this.#fields.contentLength) sink.end();
    else sink.abort();
    this.#isFinished = true;
  }

  /** Logs a fault of the application, and gives the status for it. To look at an error may itself throw. */
  #report(error: unknown): number {
    const sink = this.#sink;
    try {
      if (error instanceof ProtocolError) return error.status;
      if (!(sink.isClosed && isAbortError(error))) sink.logError(error);
    } catch {
      sink.logError(new Error('the application threw what cannot be looked at'));
    }
    return 500;
  }

  /** PEP 3333 "The start_response() Callable". */
  #start(status: string, headers: HeaderList, excInfo?: ExcInfo): Write {
    if (excInfo !== undefined && this.#isHeadSent) throw excInfo[0];
    if (excInfo === undefined && this.#wasStartCalled) {
      throw new Error('start_response was called a second time without excInfo');
    }
    this.#wasStartCalled = true;
    this.#status = '';
    checkStatus(status);
    const code = codeOf(status);
    this.#fields = writeFields(headers, code);
    if (code === 204) this.#fields = writeFields(withoutContentLength(headers));
    this.#hasBody = !this.#isHeadRequest && !forbidsBody(code);
    this.#status = status;
    return (data) => this.#write(data);
  }

  /** PEP 3333 "The write() Callable". Throws at once, as a caller may not wait for the promise. */
  #write(data: Bytes): Promise<void> {
    checkPiece(data);
    if (this.#sink.isClosed) throw new DOMException('the client went away', 'AbortError');
    if (this.#hasBody) {
      if (this.#isFinished) throw new Error('write() after the end of the response');
      if (this.#sentBytes + data.length > this.#fields.contentLength)
        throw tooLong(this.#fields.contentLength);
    }
    if (data.length === 0) return Promise.resolve(this.#sendHeadAlone());
    return Promise.resolve(this.send(data));
  }

  /** "upon the application's first invocation of the write() callable": also without a byte. */
  #sendHeadAlone(): Awaitable<void> {
    if (this.isFinished || this.#isHeadSent) return undefined;
    this.#sendHead();
    return this.#hasBody ? this.#sink.write(EMPTY) : undefined;
  }

  #sendHead(): void {
    this.#requireStart();
    this.#isHeadSent = true;
    if (this.#hasBody) {
      const framing = this.#fields.contentLength === Infinity ? 'until-end' : 'as-is';
      this.#sink.sendHead(this.#status, this.#fields, framing);
    } else {
      this.#isFinished = true;
      this.#sink.sendAll(this.#status, this.#fields, 'as-is', EMPTY);
    }
  }

  /** PEP 3333 "Handling the Content-Length Header": not a byte more than announced. */
  #sendLast(piece: Bytes): void {
    const part = this.#clip(piece);
    this.#isFinished = true;
    if (part.length > 0) void this.#sink.write(part);
    this.#sink.end();
  }

  #sendError(code: number): void {
    const status = statusLine(code);
    const text = new TextEncoder().encode(`${status.slice('500 '.length)}\n`);
    this.#isHeadSent = true;
    this.#sink.sendAll(status, PLAIN_TEXT_FIELDS, text.length, this.#isHeadRequest ? EMPTY : text);
  }

  /** The answer to HEAD may tell the length of the body that GET would get (RFC 9110 §9.3.2). */
  #framingOf(only: Bytes): WholeFraming {
    if (this.#fields.contentLength !== Infinity) return 'as-is';
    if (this.#hasBody) return only.length;
    return only.length > 0 && !forbidsBody(codeOf(this.#status)) ? only.length : 'as-is';
  }

  #clip(piece: Bytes): Bytes {
    const leftBytes = this.#fields.contentLength - this.#sentBytes;
    if (piece.length <= leftBytes) return piece;
    this.#sink.logError(tooLong(this.#fields.contentLength));
    return piece.subarray(0, leftBytes);
  }

  #requireLength(sentBytes: number): void {
    if (sentBytes < this.#fields.contentLength && this.#fields.contentLength !== Infinity) {
      throw new Error(`the body ended after ${sentBytes} of ${this.#fields.contentLength} bytes`);
    }
  }

  #requireStart(): void {
    if (this.#status === '') throw new Error('start_response was not called before the body');
  }
}

function checkPiece(piece: Bytes): void {
  if (!(piece instanceof Uint8Array)) {
    throw new TypeError(
      `the body must be made of Uint8Array, not ${typeof piece}: encode text with Buffer.from(text)`,
    );
  }
}

function tooLong(contentLength: number): Error {
  return new Error(`the body is longer than its Content-Length of ${contentLength} bytes`);
}

/** How an application ends that heeds `gateway.signal`. */
function isAbortError(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
