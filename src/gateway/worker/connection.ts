import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { ProtocolError } from '../../http/protocol-error.ts';
import { statusLine } from '../../http/status.ts';
import type { Awaitable, HeaderList } from '../../wsgi/types.ts';
import type { PeerFacts } from './environ.ts';
import { Exchange, type Wire } from './exchange.ts';
import type { RequestHead } from '../protocols/http1/request-head.ts';
import { RequestParser } from '../protocols/http1/request-parser.ts';
import { ProxyHeaderReader } from '../protocols/proxy-header.ts';
import { CONTINUE, encodeResponseHead } from '../protocols/http1/response-head.ts';
import { RequestBody, type BodySource } from './request-body.ts';
import type { ServerState, Service } from './service.ts';
import { lendingSocket } from './socket-reader.ts';
import { SocketWriter, type Parts } from './socket-writer.ts';
import type { RequestInFlight } from './watchdog.ts';

/** Bytes of requests that wait here before the socket is paused. */
const BUFFERED_BYTES_MAX = 65_536;
/** After the last response, what is still coming in is read for so long: a reset would overtake it. */
const LINGER_MS = 1000;

// Made once: an error is dear to make, and every request ends.
const REQUEST_OVER = new Error('the request is over');

const PLAIN_TEXT: HeaderList = [['Content-Type', 'text/plain; charset=utf-8']];
const RETRY_SOON: HeaderList = [['Retry-After', '1']];

type Phase =
  /** Waits for the PROXY protocol header. */
  | 'proxy'
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
  peer: PeerFacts;
  readonly #socket: Socket;
  readonly #writer: SocketWriter;
  readonly #service: Service;
  readonly #state: ServerState;
  readonly #parser: RequestParser;
  readonly #proxyHeader: ProxyHeaderReader | undefined;
  #phase: Phase;
  #exchange: Exchange | undefined;
  /** Of the current request, or the one before. */
  #body: RequestBody | undefined;
  #onWritable: (() => void) | undefined;
  #deadlineMs: number;

  constructor(accepted: Socket, peer: PeerFacts, service: Service, state: ServerState) {
    const socket = lendingSocket(accepted, (bytes) => this.#onData(bytes));
    this.peer = peer;
    this.#socket = socket;
    this.#writer = new SocketWriter(socket, service.outbox, service.timeouts.sendMs);
    this.#service = service;
    this.#state = state;
    this.#parser = new RequestParser(service.limits);
    const { version } = service.proxyProtocol;
    this.#proxyHeader = version === 'off' ? undefined : new ProxyHeaderReader(version);
    this.#phase = this.#proxyHeader === undefined ? 'head' : 'proxy';
    this.#deadlineMs = performance.now() + service.timeouts.headerMs;
    socket.on('drain', () => this.#onDrain());
    socket.on('end', () => this.#onEnd());
    socket.on('timeout', () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#onClose());
  }

  /** Runs once, when nothing more can come or go. */
  onceClosed(listener: () => void): void {
    this.#socket.once('close', listener);
  }

  /** Nothing of a request is here, and no response is on its way. */
  get isIdle(): boolean {
    return this.#phase === 'head' && this.#parser.isIdle;
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
    if (nowMs < this.#deadlineMs) return;
    this.#deadlineMs = Infinity;
    if (this.#phase === 'exchange') this.#checkBody();
    else if (this.#isReadingHead()) this.#refuse(new ProtocolError(408, 'request head too slow'));
    else this.close();
  }

  close(): void {
    this.#writer.flush();
    this.#socket.destroy();
  }

  /** The deadline is for bytes that the application waits for; it may itself take longer. */
  #checkBody(): void {
    if (this.#body?.isWaitedFor) this.#body.end(new ProtocolError(408, 'body too slow'));
  }

  // Requests: bytes in, one exchange after the other.

  #onData(bytes: Buffer): void {
    if (this.#phase === 'closing') return;
    if (this.#phase === 'proxy') return this.#readProxyHeader(bytes);
    const wasIdle = this.isIdle;
    this.#parser.feed(bytes);
    if (this.#phase === 'skip') this.#skipBody();
    else if (this.#phase === 'exchange') this.#body?.wake();
    this.#serveNext();
    this.#parser.keepRest();
    if (wasIdle && this.#isReadingHead()) this.#setDeadline(this.#service.timeouts.headerMs);
    if (this.#parser.bufferedBytes >= BUFFERED_BYTES_MAX) this.#socket.pause();
  }

  #readProxyHeader(bytes: Buffer): void {
    try {
      const header = this.#proxyHeader?.feed(bytes);
      if (header === undefined) return;
      const { client, rest } = header;
      if (client)
        this.peer = { ...this.peer, remoteAddress: client.address, remotePort: client.port };
      this.#phase = 'head';
      if (rest.length > 0) this.#onData(rest);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#refuse(error);
    }
  }

  #serveNext(): void {
    // A client that does not take its responses gets no further requests served.
    while (this.#phase === 'head' && !this.#socket.writableNeedDrain) {
      try {
        const head = this.#parser.readHead();
        if (head === undefined) return this.#resume();
        this.#startExchange(head);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        this.#refuse(error);
      }
    }
  }

  #startExchange(head: RequestHead): void {
    const body = new RequestBody(this.#parser, head.expectsContinue, this);
    this.#body = body;
    if (this.#isOverloaded()) return this.#shed(head, body);
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
    this.#state.requestsServed += 1;
    exchange.finish();
    this.#state.meter.countRequest(exchange.status, exchange.durationMs, exchange.sentBytes);
    this.#service.accessLog?.answered(exchange, this.peer);
    if (!this.isClosed) this.#afterResponse(exchange.isLast);
  }

  #afterResponse(isLast: boolean): void {
    if (isLast) return this.#closePolitely();
    this.#phase = 'skip';
    this.#skipBody();
    if (this.#phase === 'skip') this.#setDeadline(this.#service.timeouts.bodyMs);
  }

  /** Reads what the application left of the body, else it would pass for the next request. */
  #skipBody(): void {
    if (this.#body?.skip() === false) return this.#closePolitely();
    this.#resume();
    if (!this.#parser.isBodyComplete) return;
    this.#body?.end(REQUEST_OVER);
    const { idleMs, headerMs } = this.#service.timeouts;
    this.#phase = 'head';
    this.#setDeadline(this.#parser.isIdle ? idleMs : headerMs);
  }

  #isOverloaded(): boolean {
    const { requestsInFlight, loopDelayMs } = this.#service.overload;
    if (this.#state.requestsInFlight >= requestsInFlight) return true;
    if (loopDelayMs === Infinity) return false;
    const delayNowMs = performance.now() - this.#state.loopDueMs;
    return Math.max(this.#state.loopDelayMs, delayNowMs) > loopDelayMs;
  }

  /** Answers at once that there is too much to do; cheaper than to serve. */
  #shed(head: RequestHead, body: RequestBody): void {
    const isLast = !head.isPersistent || this.#state.isDraining || body.hidesNextRequest;
    const connection = isLast ? 'close' : head.protocol === 'HTTP/1.0' ? 'keep-alive' : undefined;
    const added = { framing: 0, connection, date: this.#state.date } as const;
    this.writeLast(encodeResponseHead(statusLine(503), RETRY_SOON, added));
    this.#state.meter.countRefusal(503);
    const overloaded = new ProtocolError(503, 'overloaded');
    this.#service.accessLog?.refused(overloaded, this.peer, head);
    this.#afterResponse(isLast);
  }

  /** Answers what cannot be served, and closes (RFC 9112 §2.2 and §9.6). */
  #refuse(error: ProtocolError): void {
    const status = statusLine(error.status);
    const text = Buffer.from(`${status.slice(4)}: ${error.message}\n`);
    const added = { framing: text.length, connection: 'close', date: this.#state.date } as const;
    this.writeLast(encodeResponseHead(status, PLAIN_TEXT, added), text);
    this.#state.meter.countRefusal(error.status);
    this.#service.accessLog?.refused(error, this.peer, this.#parser.requestLine);
    this.#closePolitely();
  }

  // What an exchange and a body ask for.

  get isClosed(): boolean {
    return this.#socket.destroyed;
  }

  write(...parts: Parts): Awaitable<void> {
    if (this.isClosed || this.#writer.write(parts)) return undefined;
    return new Promise((resolve) => {
      this.#onWritable = resolve;
    });
  }

  writeLast(...parts: Parts): void {
    if (!this.isClosed) this.#writer.writeLast(parts);
  }

  reset(): void {
    this.#writer.flush();
    this.#socket.resetAndDestroy();
  }

  sendContinue(): void {
    void this.write(CONTINUE);
  }

  wantBytes(): void {
    this.#resume();
    this.#setDeadline(this.#service.timeouts.bodyMs);
  }

  // The end.

  /** The client sends no more. In the middle of an exchange that means that it went away. */
  #onEnd(): void {
    if (this.#phase === 'exchange') this.close();
    else this.#closePolitely();
  }

  /** Lets what was written arrive, and reads on for a while. */
  #closePolitely(): void {
    this.#phase = 'closing';
    this.#writer.flush();
    this.#socket.setTimeout(this.#service.timeouts.sendMs);
    this.#socket.end(() => this.#setDeadline(LINGER_MS));
    this.#socket.resume();
  }

  #onDrain(): void {
    this.#socket.setTimeout(0);
    this.#onWritable?.();
    this.#serveNext();
  }

  #onClose(): void {
    this.#phase = 'closing';
    this.#onWritable?.();
    this.#body?.end(new DOMException('the client went away', 'AbortError'));
    this.#exchange?.clientGone();
  }

  #resume(): void {
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  #setDeadline(afterMs: number): void {
    this.#deadlineMs = performance.now() + afterMs;
  }
}
