import { performance } from 'node:perf_hooks';
import { variable, type ExchangeFacts } from '../../wsgi/environ.ts';
import { BodyInputStream } from '../../wsgi/input-stream.ts';
import { NO_FIELDS, type ResponseFields } from '../../wsgi/response-fields.ts';
import type { Framing, ResponseSink, WholeFraming } from '../../wsgi/response-sink.ts';
import { runApplication } from '../../wsgi/run.ts';
import type { Awaitable, Bytes, Environ, ErrorStream, InputStream } from '../../wsgi/types.ts';
import { gatewayEnviron, type PeerFacts } from './environ.ts';
import { LogErrorStream } from './log-error-stream.ts';
import type { Field } from '../protocols/http1/field-line.ts';
import type { RequestHead } from '../protocols/http1/request-head.ts';
import {
  encodeChunkSize,
  encodeResponseHead,
  LAST_CHUNK,
} from '../protocols/http1/response-head.ts';
import { PLAIN_TEXT } from './refusal.ts';
import type { RequestBody } from './request-body.ts';
import type { ServerState, Service, Timeouts } from './service.ts';
import type { Parts } from './socket-writer.ts';
import type { RequestInFlight } from './watchdog.ts';

/** What an exchange needs of the connection that it happens on. */
export interface Wire {
  readonly isClosed: boolean;
  readonly peer: PeerFacts;
  /** Writes parts of the response at once; a promise where the client is slow. */
  write(...parts: Parts): Awaitable<void>;
  /** Writes the end of the response, which may wait for others that are ready too. */
  writeLast(...parts: Parts): void;
  /** Closes the connection after what was written. */
  closePolitely(): void;
  /** Cuts the connection, so that the client sees an error. */
  reset(): void;
}

/** One request and its response (PEP 3333 "The Server/Gateway Side"). It never sees a socket. */
export class Exchange implements ResponseSink, ExchangeFacts {
  readonly head: RequestHead;
  readonly environ: Environ;
  /** Of letters and digits, and a few signs that need no escape. */
  readonly requestId: string;
  readonly input: InputStream;
  readonly errors: ErrorStream;
  /** After this response the connection closes. */
  isLast = false;
  /** `"200 OK"`, once it was sent. */
  status = '';
  sentBytes = 0;
  /** The application's own. */
  responseFields: ResponseFields = NO_FIELDS;
  readonly startedAtMs: number = performance.now();
  /** How long it took, once it is over. */
  durationMs = 0;
  readonly #body: RequestBody;
  readonly #wire: Wire;
  readonly #service: Service;
  readonly #state: ServerState;
  #isOver = false;
  /** The client went away, or was cut off. */
  #isGone = false;
  #heldHead = '';
  #isChunked = false;
  /** The end of the connection is the end of the body. */
  #isUntilClose = false;
  #abortController: AbortController | undefined;
  #onClosed: (() => void) | undefined;

  /** @throws {ProtocolError} 400 where the environ cannot be built. */
  constructor(
    head: RequestHead,
    body: RequestBody,
    wire: Wire,
    service: Service,
    state: ServerState,
  ) {
    this.head = head;
    this.#body = body;
    this.#wire = wire;
    this.#service = service;
    this.#state = state;
    this.input = new BodyInputStream(() => body.pull());
    this.errors = new LogErrorStream(service.log, this);
    this.environ = gatewayEnviron(head, service.environ, wire.peer, this);
    this.requestId = variable(this.environ, 'gateway.request_id') ?? '';
  }

  run(): Awaitable<void> {
    const { application, hooks } = this.#service;
    hooks.before?.(this.environ);
    return runApplication(application, this.environ, this);
  }

  /** The response is complete, or will never be. */
  finish(): void {
    this.#isOver = true;
    this.durationMs = performance.now() - this.startedAtMs;
    this.#service.hooks.after?.(this.environ, this.status);
  }

  /** Ends an exchange that takes too long, whatever the application still does. */
  timeOut(): void {
    this.#service.log.error(this.describe(), 'the request was cut: it took too long');
    if (!this.isClosed) {
      if (this.status === '') this.#sendTooLate();
      else this.abort();
    }
    this.#isOver = true;
    this.clientGone();
  }

  #sendTooLate(): void {
    const text = Buffer.from('Service Unavailable\n');
    // RFC 9110 §9.3.2
    const body = this.head.method === 'HEAD' ? text.subarray(0, 0) : text;
    this.isLast = true;
    this.sendAll('503 Service Unavailable', PLAIN_TEXT, text.length, body);
  }

  /** A request field, by its name in lower case; of several the first. */
  field(name: string): Field | undefined {
    return this.head.fields.find((field) => field.name === name);
  }

  /** For the log. */
  describe(): RequestInFlight {
    return {
      request_id: this.requestId,
      method: this.head.method,
      target: this.head.target,
      seconds: Math.round(performance.now() - this.startedAtMs) / 1000,
    };
  }

  get isDraining(): boolean {
    return this.#state.isDraining;
  }

  get signal(): AbortSignal {
    this.#abortController ??= new AbortController();
    if (this.#isGone) this.#abortController.abort();
    return this.#abortController.signal;
  }

  /** The client went away before the response was complete, or was cut off. */
  clientGone(): void {
    this.#isGone = true;
    this.#abortController?.abort();
    this.#onClosed?.();
  }

  // The response, as `runApplication` tells it.

  get isClosed(): boolean {
    return this.#isOver || this.#wire.isClosed;
  }

  whenClosed(listener: () => void): void {
    this.#onClosed = listener;
    if (this.isClosed) listener();
  }

  sendAll(status: string, fields: ResponseFields, framing: WholeFraming, body: Bytes): void {
    const head = this.#encodeHead(status, fields, framing);
    this.sentBytes = body.length;
    this.#wire.writeLast(head, body);
  }

  sendHead(status: string, fields: ResponseFields, framing: Framing): void {
    // Held back for the first piece, so that both leave in one packet.
    this.#heldHead = this.#encodeHead(status, fields, framing);
  }

  write(piece: Bytes): Awaitable<void> {
    const head = this.#takeHead();
    this.sentBytes += piece.length;
    return this.#isChunked
      ? this.#wire.write(head + encodeChunkSize(piece.length), piece, '\r\n')
      : this.#wire.write(head, piece);
  }

  end(): void {
    const rest = this.#takeHead() + (this.#isChunked ? LAST_CHUNK : '');
    if (rest !== '') this.#wire.writeLast(rest);
  }

  /** A reset takes earlier responses with it: it is for where nothing else tells that this one is incomplete. */
  abort(): void {
    this.isLast = true;
    if (this.#isUntilClose) this.#wire.reset();
    else this.#wire.closePolitely();
  }

  logError(error: unknown): void {
    this.#service.log.error({ err: error, ...this.describe() }, 'the application failed');
  }

  #encodeHead(status: string, fields: ResponseFields, framing: Framing): string {
    const isHttp10 = this.head.protocol === 'HTTP/1.0';
    this.#isChunked = framing === 'until-end' && !isHttp10;
    this.#isUntilClose = framing === 'until-end' && isHttp10;
    this.isLast ||=
      this.#isUntilClose ||
      endsConnection(this.head, this.#body, this.#service.timeouts, this.#state);
    this.status = status;
    this.responseFields = fields;
    return encodeResponseHead(status, fields, {
      framing: typeof framing === 'number' ? framing : this.#isChunked ? 'chunked' : undefined,
      connection: connectionOption(this.head, this.isLast),
      date: this.#state.date,
    });
  }

  #takeHead(): string {
    const head = this.#heldHead;
    this.#heldHead = '';
    return head;
  }
}

/** After the response to this request the connection closes (RFC 9112 §9.3). */
export function endsConnection(
  { isPersistent }: RequestHead,
  { hidesNextRequest }: RequestBody,
  { idleMs }: Timeouts,
  { isDraining }: ServerState,
): boolean {
  return !isPersistent || isDraining || hidesNextRequest || idleMs === 0;
}

/** What a response says of the connection: each version has the other's default (RFC 9112 §9.3). */
export function connectionOption(
  { protocol }: RequestHead,
  isLast: boolean,
): 'close' | 'keep-alive' | undefined {
  if (isLast) return 'close';
  return protocol === 'HTTP/1.0' ? 'keep-alive' : undefined;
}
