import { once } from 'node:events';
import { createServer, type BoundSocket, type Server as NetServer, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { withoutMapping } from '../../wsgi/url.ts';
import { Meter } from '../figures/meter.ts';
import type { RequestCounts } from '../figures/worker-figures.ts';
import { Connection } from './connection.ts';
import { serverNameAndPort, type PeerFacts } from './environ.ts';
import type { Address } from '../settings/address.ts';
import type { ServerState, Service } from './service.ts';
import type { RequestInFlight } from './watchdog.ts';

/** How often deadlines are looked at. */
const SWEEP_MS = 500;
/** How often it is measured how late the event loop is. */
const LOOP_DELAY_MS = 50;
/** So many peers are told of that may not connect. */
const STRANGERS_MAX = 100;
/** A socket that is bound already: in a worker by the arbiter, and handed on as a descriptor. */
type ListenHandle = { readonly fd: number } | BoundSocket;

/** Accepts connections on all listeners, ends those that are overdue, and drains. */
export class Server {
  readonly #service: Service;
  readonly #state: ServerState = {
    date: new Date().toUTCString(),
    isDraining: false,
    requestsInFlight: 0,
    requestsLeft: Infinity,
    onLastRequest: () => {},
    meter: new Meter(),
    loopDelayMs: 0,
    loopDueMs: Infinity,
  };
  readonly #connections = new Set<Connection>();
  readonly #listeners: NetServer[] = [];
  readonly #timers: NodeJS.Timeout[];
  /** Peers that were told of as not allowed to connect. */
  readonly #strangers = new Set<string>();
  #onDrained: (() => void) | undefined;

  constructor(service: Service) {
    this.#service = service;
    this.#timers = [setInterval(() => void this.#sweepLater(), SWEEP_MS)];
    if (service.overload.loopDelayMs < Infinity) this.#timers.push(this.#measureLoopDelay());
  }

  /** Resolves once connections are accepted. */
  async listen(handle: ListenHandle, address: Address, backlog: number): Promise<void> {
    const listener = createServer({ noDelay: true, pauseOnConnect: true }, (socket) =>
      this.#accept(socket, address),
    );
    this.#listeners.push(listener);
    await once(listener.listen(handle, backlog), 'listening');
    listener.on('error', (error) => this.#service.log.error({ err: error }, 'cannot accept'));
  }

  /** Accepts no more, finishes what is in flight, closes each connection; resolves after the last. */
  async drain(): Promise<void> {
    this.#state.isDraining = true;
    await this.#acceptPending();
    for (const listener of this.#listeners) listener.close();
    this.#sweep();
    return new Promise((resolve) => {
      this.#onDrained = resolve;
      this.#settle();
    });
  }

  /** Cuts every connection. */
  stop(): void {
    this.#timers.forEach(clearInterval);
    for (const listener of this.#listeners) listener.close();
    for (const connection of this.#connections) connection.close();
  }

  /** What was counted since the last time, and how it stands. */
  takeFigures(): RequestCounts & { requestsInFlight: number; connections: number } {
    return {
      ...this.#state.meter.take(),
      requestsInFlight: this.#state.requestsInFlight,
      connections: this.#connections.size,
    };
  }

  /** Calls back when so many requests have been served. */
  onceServed(requests: number, listener: () => void): void {
    this.#state.requestsLeft = requests;
    this.#state.onLastRequest = listener;
  }

  requestsInFlight(): RequestInFlight[] {
    return [...this.#connections].flatMap((connection) => connection.requestInFlight ?? []);
  }

  /** Connections that wait in the backlog when a signal comes are taken in one turn of the loop. */
  async #acceptPending(): Promise<void> {
    await setImmediate();
    await setImmediate();
  }

  #accept(socket: Socket, address: Address): void {
    const peer = this.#peerFacts(socket, address);
    if (!this.#mayConnect(peer, address)) {
      this.#tellStranger(peer);
      socket.destroy();
      return;
    }
    const connection = new Connection(socket, peer, this.#service, this.#state);
    this.#connections.add(connection);
    connection.onceOver(() => {
      this.#connections.delete(connection);
      this.#settle();
    });
  }

  /** Where a PROXY protocol header is expected, its sender could claim any address. */
  #mayConnect({ remoteAddress }: PeerFacts, address: Address): boolean {
    const { version, allowedPeers } = this.#service.proxyProtocol;
    return version === 'off' || address.kind === 'unix' || allowedPeers.has(remoteAddress);
  }

  /** Once for each: it is the settings that are wrong, or somebody who will try again. */
  #tellStranger({ remoteAddress }: PeerFacts): void {
    if (this.#strangers.has(remoteAddress) || this.#strangers.size >= STRANGERS_MAX) return;
    this.#strangers.add(remoteAddress);
    this.#service.log.warn(
      `connections from ${remoteAddress} are closed: it is not in proxy-allow-from, whose peers may send a PROXY protocol header`,
    );
  }

  #peerFacts(socket: Socket, address: Address): PeerFacts {
    const remoteAddress = withoutMapping(socket.remoteAddress ?? '');
    return {
      scheme: 'http',
      ...serverNameAndPort(address),
      remoteAddress,
      remotePort: socket.remotePort === undefined ? '' : String(socket.remotePort),
      // A unix socket is guarded by its file's mode; its peers have no address.
      isTrusted: address.kind === 'unix' || this.#service.trustedPeers.has(remoteAddress),
    };
  }

  /** Once what is here already has been read: a client is not late because the loop is. */
  async #sweepLater(): Promise<void> {
    await setImmediate();
    this.#sweep();
  }

  #sweep(): void {
    const nowMs = performance.now();
    this.#state.date = new Date().toUTCString();
    for (const connection of this.#connections) this.#checkDeadline(connection, nowMs);
  }

  /** The fault of one connection is not to keep the others. */
  #checkDeadline(connection: Connection, nowMs: number): void {
    try {
      connection.checkDeadline(nowMs);
    } catch (error) {
      this.#service.log.error({ err: error }, 'the deadlines of a connection could not be kept');
      connection.close();
    }
  }

  #measureLoopDelay(): NodeJS.Timeout {
    const state = this.#state;
    state.loopDueMs = performance.now() + LOOP_DELAY_MS;
    return setInterval(() => {
      const nowMs = performance.now();
      // It fades, so that what waited through a long turn is not let in behind a short one.
      state.loopDelayMs = Math.max(nowMs - state.loopDueMs, state.loopDelayMs / 2);
      state.loopDueMs = nowMs + LOOP_DELAY_MS;
    }, LOOP_DELAY_MS);
  }

  #settle(): void {
    if (this.#connections.size > 0 || this.#onDrained === undefined) return;
    this.#timers.forEach(clearInterval);
    this.#onDrained();
  }
}
