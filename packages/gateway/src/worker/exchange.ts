import { performance } from 'node:perf_hooks';
import { variable, type ExchangeFacts } from '@wsgi/wsgi/environ';
import { BodyInputStream } from '@wsgi/wsgi/input-stream';
import { PLAIN_TEXT_FIELDS, type ResponseFields } from '@wsgi/wsgi/response-fields';
import type { Framing, ResponseSink, WholeFraming } from '@wsgi/wsgi/response-sink';
import { runApplication } from '@wsgi/wsgi/run';
import type { Awaitable, Bytes, Environ, ErrorStream, InputStream } from '@wsgi/wsgi';
import type { Log } from '../log/log.ts';
import type { RequestHead, ResponseEncoder } from '../protocols/protocol.ts';
import { clippedTarget } from './access-log.ts';
import type { ClientSocket } from './client-socket.ts';
import { clientAddress, gatewayEnviron, requestPeer, type PeerFacts } from './environ.ts';
import type { RequestBody } from './request-body.ts';
import type { Service } from './service.ts';
import type { RequestInFlight } from './watchdog.ts';

/** What an exchange needs of the connection that it happens on. */
export interface Wire {
  readonly peer: PeerFacts;
  readonly client: ClientSocket;
  encoderFor(head: RequestHead): ResponseEncoder;
  /** After the response to this request the connection closes. */
  closesAfter(head: RequestHead): boolean;
  /** Closes the connection after what was written. */
  closePolitely(): void;
}

/** One request and its response (PEP 3333 "The Server/Gateway Side"). */
export class Exchange implements ResponseSink, ExchangeFacts {
  readonly head: RequestHead;
  readonly environ: Environ;
  /** Of letters and digits, and a few signs that need no escape. */
  readonly requestId: string;
  readonly input: InputStream;
  readonly errors: ErrorStream;
  /** After this response the connection closes. */
  isLast = false;
  /** The application wants it to. */
  isCloseWanted = false;
  /** `"200 OK"`, once it was sent; `''` where the client went away before it had all. */
  status = '';
  sentBytes = 0;
  readonly startedAtMs: number = performance.now();
  /** How long it took, once it is over. */
  durationMs = 0;
  readonly #response: ResponseEncoder;
  readonly #peer: PeerFacts;
  readonly #wire: Wire;
  readonly #service: Service;
  #isOver = false;
  /** The client went away, or was cut off. */
  #isGone = false;
  /** The response is incomplete by our own doing. */
  #isCut = false;
  #isTold = false;
  /** How much had been sent when that was last looked at, and since when the application rests. */
  #seenBytes = 0;
  #restsSinceMs = this.startedAtMs;
  #abortController: AbortController | undefined;
  #onClosed: (() => void) | undefined;

  /** @throws {ProtocolError} 400 where the environ cannot be built. */
  constructor(head: RequestHead, body: RequestBody, wire: Wire, service: Service) {
    this.head = head;
    this.#response = wire.encoderFor(head);
    this.#peer = requestPeer(wire.peer, head, service.trustedPeers);
    this.#wire = wire;
    this.#service = service;
    this.input = new BodyInputStream(() => body.pull());
    this.errors = new LogErrorStream(service.log, this);
    this.environ = gatewayEnviron(head, service.environ, this.#peer, this);
    this.requestId = variable(this.environ, 'gateway.request_id') ?? '';
  }

  run(): Awaitable<void> {
    const { application, hooks, state } = this.#service;
    state.beginRequest();
    hooks.before?.(this.environ);
    return runApplication(application, this.environ, this);
  }

  /** The response is complete, or will never be: counts it, and tells of it, once. */
  finish(): void {
    this.#isOver = true;
    if (this.#isTold) return;
    this.#isTold = true;
    const { accessLog, hooks, state, trustedPeers } = this.#service;
    this.durationMs = performance.now() - this.startedAtMs;
    state.endRequest();
    hooks.after?.(this.environ, this.status);
    state.meter.countRequest(this.status, this.durationMs, this.sentBytes);
    accessLog?.answered(this, clientAddress(this.#peer, this.head.fields, trustedPeers));
  }

  /** The client went away before it had the whole response. The application may go on for a while. */
  leave(): void {
    if (!this.#isCut) this.status = '';
    this.sentBytes = Math.max(0, this.sentBytes - this.#wire.client.unsentBytes);
    this.#letGo();
    this.finish();
  }

  /** Ends an exchange that takes too long, whatever the application still does. */
  timeOut(): void {
    this.#service.log.error(this.describe(), 'the request was cut: it took too long');
    if (!this.isClosed) {
      if (this.status === '') this.#sendTooLate();
      else this.abort();
    }
    this.#isOver = true;
    this.#letGo();
  }

  #sendTooLate(): void {
    const text = Buffer.from('Service Unavailable\n');
    // RFC 9110 §9.3.2
    const body = this.head.method === 'HEAD' ? text.subarray(0, 0) : text;
    this.isLast = true;
    this.sendAll('503 Service Unavailable', PLAIN_TEXT_FIELDS, text.length, body);
  }

  /** For how long the application has rested: not while it is the client's turn, for which there are other limits. */
  restedMs(nowMs: number, isClientAwaited: boolean): number {
    if (isClientAwaited || this.sentBytes !== this.#seenBytes) this.#restsSinceMs = nowMs;
    this.#seenBytes = this.sentBytes;
    return nowMs - this.#restsSinceMs;
  }

  /** Tells the application that nobody waits for the response any more. */
  #letGo(): void {
    this.#isGone = true;
    this.#abortController?.abort();
    this.#onClosed?.();
  }

  /** For the log. */
  describe(): RequestInFlight {
    return {
      request_id: this.requestId,
      method: this.head.method,
      target: clippedTarget(this.head.target),
      seconds: Math.round(performance.now() - this.startedAtMs) / 1000,
      ...(this.#isTold && { client_left: true }),
    };
  }

  // What environ has of it.

  get isDraining(): boolean {
    return this.#service.state.isDraining;
  }

  get signal(): AbortSignal {
    this.#abortController ??= new AbortController();
    if (this.#isGone) this.#abortController.abort();
    return this.#abortController.signal;
  }

  closeConnection(): void {
    this.isCloseWanted = true;
  }

  // The response, as `runApplication` tells it.

  get isClosed(): boolean {
    return this.#isOver || this.#wire.client.isClosed;
  }

  whenClosed(listener: () => void): void {
    this.#onClosed = listener;
    if (this.isClosed) listener();
  }

  sendAll(status: string, fields: ResponseFields, framing: WholeFraming, body: Bytes): void {
    this.sendHead(status, fields, framing);
    this.sentBytes = body.length;
    this.#wire.client.writeLast(this.#response.encodeWhole(body));
  }

  sendHead(status: string, fields: ResponseFields, framing: Framing): void {
    this.status = status;
    this.isLast ||= this.#wire.closesAfter(this.head);
    this.#response.begin(status, fields, framing, this.isLast, this.#service.state.date);
    this.isLast ||= this.#response.isUntilClose;
  }

  write(piece: Bytes): Awaitable<void> {
    this.sentBytes += piece.length;
    return this.#wire.client.write(this.#response.encodePiece(piece));
  }

  end(): void {
    const rest = this.#response.encodeEnd();
    if (rest !== '') this.#wire.client.writeLast([rest]);
  }

  /** A reset takes earlier responses with it: it is for where nothing else tells that this one is incomplete. */
  abort(): void {
    this.isLast = true;
    this.#isCut = true;
    if (this.#response.isUntilClose) this.#wire.client.reset();
    else this.#wire.closePolitely();
  }

  logError(error: unknown): void {
    this.#service.log.error({ err: error, ...this.describe() }, 'the application failed');
  }
}

/** `wsgi.errors`: what the application writes there becomes lines of the gateway's log. */
class LogErrorStream implements ErrorStream {
  readonly #log: Log;
  readonly #request: { readonly requestId: string };

  constructor(log: Log, request: { readonly requestId: string }) {
    this.#log = log;
    this.#request = request;
  }

  write(text: string): void {
    this.#log.error({ request_id: this.#request.requestId }, text.trimEnd());
  }

  writelines(lines: Iterable<string>): void {
    for (const line of lines) this.write(line);
  }

  flush(): void {
    // Every line has gone out already.
  }
}
