import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { ProtocolError } from '@wsgi/wsgi/status';
import type { ConnectionHandle } from '../messages.ts';
import type {
  Conversation,
  Parts,
  Protocol,
  ProtocolLine,
  RequestHead,
  RequestLine,
  RequestReader,
  ResponseEncoder,
} from '../protocols/protocol.ts';
import { ClientSocket, lendingSocket, type SocketListener } from './client-socket.ts';
import { clientAddress, requestPeer, type PeerFacts } from './environ.ts';
import { Exchange, type Wire } from './exchange.ts';
import { Linger } from './linger.ts';
import { RequestBody, type BodySource } from './request-body.ts';
import type { Service } from './service.ts';

/** Bytes of requests that wait here before the socket is paused. */
const BUFFERED_BYTES_MAX = 65_536;
/**
 * How long a draining worker keeps an idle connection open: under load the proxy uses each of them
 * once more, and learns from the response that it closes. Closed at once, they would race it.
 */
const IDLE_GRACE_MS = 2000;

// Made once: making an error is costly, and every request ends.
const REQUEST_OVER = new Error('the request is over');
const OVERLOADED = new ProtocolError(503, 'overloaded');

type Phase =
  /** Waits for a request head. */
  | 'head'
  /** The application works on a request. */
  | 'exchange'
  /** The response is complete, and what is left of the body is being skipped. */
  | 'skip'
  /** The last response is on its way out. */
  | 'closing';

/** One client connection, which serves one request after the other. */
export class Connection implements SocketListener, ProtocolLine, Wire, BodySource {
  readonly peer: PeerFacts;
  readonly client: ClientSocket;
  readonly #service: Service;
  readonly #conversation: Conversation;
  readonly #reader: RequestReader;
  readonly #onOver: (rest?: ConnectionHandle) => void;
  #phase: Phase = 'head';
  #exchange: Exchange | undefined;
  /** Its response is complete, but still on its way. */
  #untaken: Exchange | undefined;
  /** Of the current request, or the one before. */
  #body: RequestBody | undefined;
  /** For the client to send what comes next. What it takes is bounded by the socket. */
  #deadlineMs: number;
  /** After the last response. */
  #linger: Linger | undefined;

  /** @param onOver runs once, when nothing more happens here; with the connection where another worker goes on. */
  constructor(
    accepted: Socket,
    protocol: Protocol,
    peer: PeerFacts,
    service: Service,
    onOver: (rest?: ConnectionHandle) => void,
  ) {
    const { limits, outbox, timeouts } = service;
    this.peer = peer;
    const socket = lendingSocket(accepted, (bytes) => this.#onBytes(bytes));
    this.client = new ClientSocket(socket, outbox, timeouts.sendMs, this);
    this.#service = service;
    this.#onOver = onOver;
    this.#conversation = protocol.open(limits, this);
    this.#reader = this.#conversation.reader;
    this.#deadlineMs = performance.now() + timeouts.headerMs;
  }

  // The way of a request: bytes in, a head, an exchange, the rest of the body, the next request.

  #onBytes(bytes: Buffer): void {
    if (this.#phase === 'closing') return this.#drop(bytes);
    const wasReadingHead = this.#isReadingHead();
    this.#reader.feed(bytes);
    if (this.#phase === 'skip') this.#skipBody();
    else if (this.#phase === 'exchange') this.#body?.wake();
    this.#serveNext();
    this.#reader.keepRest();
    if (!wasReadingHead && this.#isReadingHead()) this.#awaitClient();
    this.#pauseWhereFull();
  }

  #serveNext(): void {
    // A client that does not take its responses gets no further requests served.
    while (this.#phase === 'head' && !this.client.isFull) {
      let head: RequestHead | undefined;
      try {
        head = this.#reader.readHead();
        if (head === undefined) return this.#handOver() ? undefined : this.client.resume();
        this.#serve(head);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        this.#refuse(error, head);
      }
    }
  }

  #serve(head: RequestHead): void {
    const body = new RequestBody(this.#reader, head.expectsContinue, this);
    this.#body = body;
    if (this.#service.state.isOverloaded(this.#service.overload)) return this.#shed(head);
    const exchange = new Exchange(head, body, this, this.#service);
    this.#phase = 'exchange';
    this.#exchange = exchange;
    this.#deadlineMs = Infinity;
    this.#service.outbox.flushOverdue(exchange.startedAtMs);
    const pending = exchange.run();
    if (pending === undefined) this.#finish(exchange);
    else void pending.then(() => this.#finish(exchange)).then(() => this.#serveNext());
  }

  #finish(exchange: Exchange): void {
    // It may have been cut before the application was done.
    if (this.#exchange !== exchange) return;
    this.#exchange = undefined;
    // Of a client that does not keep up it is still to be seen whether it takes all.
    if (this.client.isFull) this.#untaken = exchange;
    else exchange.finish();
    if (this.client.isClosed) this.#settle();
    else this.#afterResponse(exchange.isLast);
  }

  /** The client has taken all that was written. */
  #onTaken(): void {
    this.#untaken?.finish();
    this.#untaken = undefined;
  }

  #afterResponse(isLast: boolean): void {
    const isAtOnce = isLast && this.#conversation.isEndUntold && this.#reader.isIdle;
    if (isAtOnce && this.client.closeWritten()) return;
    if (isLast) return this.closePolitely();
    this.#phase = 'skip';
    this.#skipBody();
    if (this.#phase === 'skip') this.#awaitClient();
  }

  /** Reads what the application left of the body, else it would pass for the next request. */
  #skipBody(): void {
    if (this.#body?.skip() === false) return this.closePolitely();
    if (!this.#reader.isBodyComplete) return this.client.resume();
    this.#body?.end(REQUEST_OVER);
    this.#phase = 'head';
    this.#awaitClient();
  }

  /** Answers at once that there is too much to do; cheaper than to serve. */
  #shed(head: RequestHead): void {
    const isLast = this.closesAfter(head);
    const { date } = this.#service.state;
    this.#decline(OVERLOADED, head, this.#conversation.encodeOverload(head, isLast, date), head);
    this.#afterResponse(isLast);
  }

  /** Answers what cannot be served, and closes (RFC 9112 §2.2 and §9.6). */
  #refuse(error: ProtocolError, head?: RequestHead): void {
    const { date } = this.#service.state;
    const line = head ?? this.#reader.requestLine;
    this.#decline(error, line, this.#conversation.encodeRefusal(error, line, date), head);
    this.closePolitely();
  }

  #decline(
    error: ProtocolError,
    line: RequestLine | undefined,
    response: string,
    head: RequestHead | undefined,
  ): void {
    const { accessLog, state, trustedPeers } = this.#service;
    this.client.writeLast([response]);
    state.meter.countRefusal(error.status);
    const peer = requestPeer(this.peer, head, trustedPeers);
    accessLog?.refused(error, clientAddress(peer, head?.fields ?? [], trustedPeers), line);
  }

  // What an exchange, a body and a protocol ask for.

  encoderFor(head: RequestHead): ResponseEncoder {
    return this.#conversation.encoderFor(head);
  }

  reply(parts: Parts): void {
    void this.client.write(parts);
  }

  hangUp(): void {
    this.client.close();
  }

  /** RFC 9112 §9.3; an end that is not told has to come in the moment of the response, with nothing left to read. */
  closesAfter({ isPersistent }: RequestHead): boolean {
    const { state, timeouts } = this.#service;
    const isBodyLost = this.#body?.hidesNextRequest === true;
    const isUntold = this.#conversation.isEndUntold;
    const isLast = state.isDraining && !(isUntold && state.handsOver);
    const isMeant = isLast || this.#exchange?.isCloseWanted === true;
    const isEnding = isMeant && (!isUntold || this.#reader.isIdle);
    return !isPersistent || isEnding || isBodyLost || timeouts.idleMs === 0;
  }

  /** RFC 9110 §15.2: an interim response goes before the final one. */
  sendContinue(): void {
    if (this.#exchange?.status === '') void this.client.write([this.#conversation.interim]);
  }

  get patienceMs(): number {
    return this.#service.timeouts.bodyMs;
  }

  wantBytes(withinMs: number): void {
    this.client.resume();
    this.#setDeadline(withinMs);
  }

  // Deadlines: how long a client may take.

  /** Acts where a deadline has passed; called about twice a second. */
  checkDeadline(nowMs: number): void {
    const exchange = this.#exchange;
    if (exchange && this.#isOverdue(exchange, nowMs)) {
      exchange.timeOut();
      return this.#finish(exchange);
    }
    if (this.client.isClosed) return;
    if (this.client.isStalled(nowMs)) return this.client.close();
    // What the client is to send next, it sends after it has got the response.
    if (this.#phase !== 'exchange' && this.client.isBusy) return this.#awaitClient();
    if (this.#service.state.isDraining) this.#hurry(nowMs);
    if (nowMs >= this.#deadlineMs) this.#meetDeadline();
  }

  /** What the worker waits for while it drains. */
  #hurry(nowMs: number): void {
    if (this.#handOver()) return;
    if (this.#isIdle()) this.#deadlineMs = Math.min(this.#deadlineMs, nowMs + IDLE_GRACE_MS);
    this.#linger?.hurry(nowMs);
  }

  #isOverdue(exchange: Exchange, nowMs: number): boolean {
    const isClientAwaited = this.client.isFull || this.#body?.isAwaited === true;
    return exchange.restedMs(nowMs, isClientAwaited) >= this.#service.timeouts.requestMs;
  }

  #meetDeadline(): void {
    this.#deadlineMs = Infinity;
    if (this.#phase === 'exchange') this.#body?.timeOut();
    else if (this.#isReadingHead()) this.#refuse(new ProtocolError(408, 'request head too slow'));
    else this.client.close();
  }

  #awaitClient(): void {
    const { bodyMs, idleMs, headerMs } = this.#service.timeouts;
    this.#setDeadline(this.#phase === 'skip' ? bodyMs : this.#reader.isIdle ? idleMs : headerMs);
  }

  #setDeadline(afterMs: number): void {
    this.#deadlineMs = performance.now() + afterMs;
  }

  /** All requests were answered: what is awaited is another one, or a rest that nobody reads. */
  #isIdle(): boolean {
    return this.#phase === 'skip' || (this.#phase === 'head' && this.#reader.isIdle);
  }

  #isReadingHead(): boolean {
    return this.#phase === 'head' && !this.#reader.isIdle;
  }

  #pauseWhereFull(): void {
    if (this.#phase === 'closing') return;
    if (this.#reader.bufferedBytes >= BUFFERED_BYTES_MAX) this.client.pause();
  }

  onDrain(): void {
    this.#onTaken();
    this.#serveNext();
  }

  // The end.

  /** That is not over: the application works on it, or its response is on its way. */
  get exchange(): Exchange | undefined {
    return this.#exchange ?? this.#untaken;
  }

  /** The client sends no more. In the middle of an exchange that means that it went away. */
  onEnd(): void {
    if (this.#phase === 'exchange') this.client.close();
    else this.closePolitely();
  }

  /** A connection whose end cannot be told goes to another worker between two requests; gives whether. */
  #handOver(): boolean {
    const mayGo = this.#service.state.handsOver && this.#conversation.isEndUntold;
    const isBetween = this.#phase === 'head' && this.#reader.isIdle;
    const handle = mayGo && isBetween ? this.client.release() : undefined;
    if (handle === undefined) return false;
    this.#phase = 'closing';
    this.#deadlineMs = Infinity;
    this.#onOver(handle);
    return true;
  }

  /** Lets what was written arrive, and reads on for a while (RFC 9112 §9.6). */
  closePolitely(): void {
    if (this.#phase === 'closing') return;
    this.#phase = 'closing';
    this.#body?.end(REQUEST_OVER);
    const linger = new Linger();
    this.#linger = linger;
    this.client.end(() => {
      if (this.client.isClosed) return;
      this.#onTaken();
      this.#deadlineMs = linger.begin(this.#service.timeouts.lingerMs);
    });
  }

  /** What comes after the last response; a client that sends on without end gets no further. */
  #drop(bytes: Buffer): void {
    const deadlineMs = this.#linger?.prolong(bytes.length);
    if (deadlineMs === undefined) this.client.pause();
    else this.#deadlineMs = deadlineMs;
  }

  onClose(): void {
    this.#phase = 'closing';
    this.#body?.end(new DOMException('the client went away', 'AbortError'));
    this.#exchange?.leave();
    this.#untaken?.leave();
    this.#untaken = undefined;
    this.#settle();
  }

  #settle(): void {
    if (this.client.isGone && this.#exchange === undefined) this.#onOver();
  }
}
