import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { ProtocolError } from '../../http/protocol-error.ts';
import type { Awaitable } from '../../wsgi/types.ts';
import type { PeerFacts } from './environ.ts';
import { connectionOption, endsConnection, Exchange, type Wire } from './exchange.ts';
import type { RequestHead } from '../protocols/http1/request-head.ts';
import type { RequestLine } from '../protocols/http1/request-line.ts';
import { RequestParser } from '../protocols/http1/request-parser.ts';
import { CONTINUE } from '../protocols/http1/response-head.ts';
import { isOverloaded } from './overload.ts';
import { encodeOverload, encodeRefusal } from './refusal.ts';
import { RequestBody, type BodySource } from './request-body.ts';
import type { ServerState, Service } from './service.ts';
import { lendingSocket } from './socket-reader.ts';
import { SocketWriter, type Parts } from './socket-writer.ts';
import type { RequestInFlight } from './watchdog.ts';

/** Bytes of requests that wait here before the socket is paused. */
const BUFFERED_BYTES_MAX = 65_536;
/** After the last response, what is still coming in is read for so long: a reset would overtake it. */
const LINGER_MS = 1000;
/**
 * How long a draining worker keeps an idle connection open: under load the proxy uses each of them
 * once more, and learns from the response that it closes. Closed at once, they would race it.
 */
const IDLE_GRACE_MS = 2000;

// Made once: an error is dear to make, and every request ends.
const REQUEST_OVER = new Error('the request is over');

type Phase =
  /** Waits for a request head. */
  | 'head'
  /** The application works on a request. */
  | 'exchange'
  /** The response is complete, and what is left of the body is being skipped. */
  | 'skip'
  /** The last response is on its way out. */
  | 'closing';

/** One client connection: the only place that touches a socket. Serves one request after the other. */
export class Connection implements Wire, BodySource {
  readonly peer: PeerFacts;
  readonly #socket: Socket;
  readonly #writer: SocketWriter;
  readonly #service: Service;
  readonly #state: ServerState;
  readonly #parser: RequestParser;
  #phase: Phase = 'head';
  #exchange: Exchange | undefined;
  /** Of the current request, or the one before. */
  #body: RequestBody | undefined;
  /** For the client to send what comes next. What it takes is bounded by the writer. */
  #deadlineMs: number;
  #onOver: (() => void) | undefined;

  constructor(accepted: Socket, peer: PeerFacts, service: Service, state: ServerState) {
    const socket = lendingSocket(accepted, (bytes) => this.#onData(bytes));
    this.peer = peer;
    this.#socket = socket;
    this.#writer = new SocketWriter(socket, service.outbox, service.timeouts.sendMs);
    this.#service = service;
    this.#state = state;
    this.#parser = new RequestParser(service.limits);
    this.#deadlineMs = performance.now() + service.timeouts.headerMs;
    socket.on('drain', () => this.#onDrain());
    socket.on('end', () => this.#onEnd());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#onClose());
  }

  /** Runs once, when nothing more can come or go, and no application works on a request of it. */
  onceOver(listener: () => void): void {
    this.#onOver = listener;
  }

  /** All requests were answered: what is awaited is another one, or a rest that nobody reads. */
  #isIdle(): boolean {
    return this.#phase === 'skip' || (this.#phase === 'head' && this.#parser.isIdle);
  }

  #isReadingHead(): boolean {
    return this.#phase === 'head' && !this.#parser.isIdle;
  }

  /** The request that the application works on. */
  get requestInFlight(): RequestInFlight | undefined {
    return this.#exchange?.describe();
  }

  /** Acts where a deadline has passed; called about twice a second. */
  checkDeadline(nowMs: number): void {
    const exchange = this.#exchange;
    if (exchange && nowMs - exchange.startedAtMs >= this.#service.timeouts.requestMs) {
      exchange.timeOut();
      return this.#finishExchange(exchange);
    }
    if (this.isClosed) return;
    if (this.#writer.isStalled(nowMs)) return this.close();
    // What the client is to send next, it sends after it has got the response.
    if (this.#phase !== 'exchange' && this.#writer.isBusy) return this.#awaitClient();
    if (this.#state.isDraining && this.#isIdle()) {
      this.#deadlineMs = Math.min(this.#deadlineMs, nowMs + IDLE_GRACE_MS);
    }
    if (nowMs >= this.#deadlineMs) this.#meetDeadline();
  }

  #meetDeadline(): void {
    this.#deadlineMs = Infinity;
    if (this.#phase === 'exchange') this.#body?.timeOut();
    else if (this.#isReadingHead()) this.#refuse(new ProtocolError(408, 'request head too slow'));
    else this.close();
  }

  close(): void {
    this.#writer.flush();
    this.#socket.destroy();
  }

  // Requests: bytes in, one exchange after the other.

  #onData(bytes: Buffer): void {
    if (this.#phase === 'closing') return;
    const wasReadingHead = this.#isReadingHead();
    this.#parser.feed(bytes);
    if (this.#phase === 'skip') this.#skipBody();
    else if (this.#phase === 'exchange') this.#body?.wake();
    this.#serveNext();
    this.#parser.keepRest();
    if (!wasReadingHead && this.#isReadingHead()) this.#awaitClient();
    this.#pauseWhereFull();
  }

  #pauseWhereFull(): void {
    if (this.#phase === 'closing') return;
    if (this.#parser.bufferedBytes >= BUFFERED_BYTES_MAX) this.#socket.pause();
  }

  #serveNext(): void {
    // A client that does not take its responses gets no further requests served.
    while (this.#phase === 'head' && !this.#socket.writableNeedDrain) {
      let head: RequestHead | undefined;
      try {
        head = this.#parser.readHead();
        if (head === undefined) return this.#resume();
        this.#startExchange(head);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        this.#refuse(error, head);
      }
    }
  }

  #startExchange(head: RequestHead): void {
    const body = new RequestBody(this.#parser, head.expectsContinue, this);
    this.#body = body;
    if (isOverloaded(this.#service.overload, this.#state)) return this.#shed(head, body);
    const exchange = new Exchange(head, body, this, this.#service, this.#state);
    this.#phase = 'exchange';
    this.#exchange = exchange;
    this.#state.requestsInFlight += 1;
    this.#deadlineMs = Infinity;
    this.#service.outbox.flushOverdue(exchange.startedAtMs);
    const pending = exchange.run();
    if (pending === undefined) this.#finishExchange(exchange);
    else void pending.then(() => this.#finishExchange(exchange)).then(() => this.#serveNext());
  }

  #finishExchange(exchange: Exchange): void {
    // It may have been cut before the application was done.
    if (this.#exchange !== exchange) return;
    this.#exchange = undefined;
    this.#state.requestsInFlight -= 1;
    this.#state.requestsLeft -= 1;
    if (this.#state.requestsLeft === 0) this.#state.onLastRequest();
    exchange.finish();
    this.#state.meter.countRequest(exchange.status, exchange.durationMs, exchange.sentBytes);
    this.#service.accessLog?.answered(exchange, this.peer);
    if (this.isClosed) this.#settle();
    else this.#afterResponse(exchange.isLast);
  }

  #afterResponse(isLast: boolean): void {
    if (isLast) return this.closePolitely();
    this.#phase = 'skip';
    this.#skipBody();
    if (this.#phase === 'skip') this.#awaitClient();
  }

  /** Reads what the application left of the body, else it would pass for the next request. */
  #skipBody(): void {
    if (this.#body?.skip() === false) return this.closePolitely();
    if (!this.#parser.isBodyComplete) return this.#resume();
    this.#body?.end(REQUEST_OVER);
    this.#phase = 'head';
    this.#awaitClient();
  }

  /** Answers at once that there is too much to do; cheaper than to serve. */
  #shed(head: RequestHead, body: RequestBody): void {
    const isLast = endsConnection(head, body, this.#service.timeouts, this.#state);
    this.writeLast(encodeOverload(connectionOption(head, isLast), this.#state.date));
    this.#state.meter.countRefusal(503);
    const overloaded = new ProtocolError(503, 'overloaded');
    this.#service.accessLog?.refused(overloaded, this.peer, head);
    this.#afterResponse(isLast);
  }

  /** Answers what cannot be served, and closes (RFC 9112 §2.2 and §9.6). */
  #refuse(error: ProtocolError, line: RequestLine | undefined = this.#parser.requestLine): void {
    this.writeLast(encodeRefusal(error, line?.method, this.#state.date));
    this.#state.meter.countRefusal(error.status);
    this.#service.accessLog?.refused(error, this.peer, line);
    this.closePolitely();
  }

  // What an exchange and a body ask for.

  get isClosed(): boolean {
    return this.#socket.destroyed;
  }

  write(...parts: Parts): Awaitable<void> {
    return this.isClosed || this.#writer.write(parts) ? undefined : this.#writer.drained();
  }

  writeLast(...parts: Parts): void {
    if (!this.isClosed) this.#writer.writeLast(parts);
  }

  reset(): void {
    this.#writer.flush();
    // A unix socket, which has no such address, cannot be reset.
    if (this.#socket.localAddress === undefined) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  /** RFC 9110 §15.2: an interim response goes before the final one. */
  sendContinue(): void {
    if (this.#exchange?.status === '') void this.write(CONTINUE);
  }

  wantBytes(): void {
    this.#resume();
    this.#setDeadline(this.#service.timeouts.bodyMs);
  }

  // The end.

  /** The client sends no more. In the middle of an exchange that means that it went away. */
  #onEnd(): void {
    if (this.#phase === 'exchange') this.close();
    else this.closePolitely();
  }

  /** Lets what was written arrive, and reads on for a while. */
  closePolitely(): void {
    if (this.#phase === 'closing') return;
    this.#phase = 'closing';
    this.#body?.end(REQUEST_OVER);
    this.#writer.flush();
    this.#socket.end(() => this.#setDeadline(LINGER_MS));
    this.#socket.resume();
  }

  #onDrain(): void {
    this.#writer.wake();
    this.#serveNext();
  }

  #onClose(): void {
    this.#phase = 'closing';
    this.#writer.wake();
    this.#body?.end(new DOMException('the client went away', 'AbortError'));
    this.#exchange?.clientGone();
    this.#settle();
  }

  #settle(): void {
    if (this.#socket.closed && this.#exchange === undefined) this.#onOver?.();
  }

  #resume(): void {
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  #awaitClient(): void {
    const { bodyMs, idleMs, headerMs } = this.#service.timeouts;
    this.#setDeadline(this.#phase === 'skip' ? bodyMs : this.#parser.isIdle ? idleMs : headerMs);
  }

  #setDeadline(afterMs: number): void {
    this.#deadlineMs = performance.now() + afterMs;
  }
}
