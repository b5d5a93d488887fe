import { once } from 'node:events';
import { createServer, Socket, type BoundSocket, type Server as NetServer } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { ProtocolError } from '@wsgi/wsgi/status';
import { withoutMapping } from '@wsgi/wsgi/url';
import { cannotListen } from '../errors.ts';
import type { ConnectionHandle } from '../messages.ts';
import type { WorkerMetrics } from '../metrics/meter.ts';
import { PROTOCOLS } from '../protocols/protocols.ts';
import { formatAddress, type Address } from '../settings/addresses.ts';
import { handOver } from './channel.ts';
import { Connection } from './connection.ts';
import { serverNameAndPort, type PeerFacts } from './environ.ts';
import type { Exchange } from './exchange.ts';
import { closeInspector } from './inspector.ts';
import type { Service } from './service.ts';
import type { RequestInFlight } from './watchdog.ts';

/** How often deadlines are looked at. */
const SWEEP_MS = 500;
/** So long at most a draining worker takes what comes before it closes its listener, as that may never end. */
const LAST_CONNECTIONS_MS = 5000;
/** Of so many requests in flight a heartbeat tells. */
const OLDEST_MAX = 5;
/** Made once, as making an error is costly. */
const NOT_TRUSTED = new ProtocolError(403, 'the peer is none of forwarded-allow-ips');
/** A socket that is bound already: in a worker by the arbiter, and handed on as a descriptor. */
type ListenHandle = { readonly fd: number } | BoundSocket;

/** Accepts connections on all listeners, ends those that are overdue, and drains. */
export class Server {
  readonly #service: Service;
  readonly #connections = new Set<Connection>();
  readonly #listeners: NetServer[] = [];
  readonly #timers: NodeJS.Timeout[];
  /** Accepted by a worker that drains, and not served before the listener is closed. */
  #waiting: [socket: Socket, address: Address][] | undefined;
  #onDrained: (() => void) | undefined;

  constructor(service: Service) {
    this.#service = service;
    const sweeps = setInterval(() => void this.#sweepLater(), SWEEP_MS);
    this.#timers = [sweeps, service.state.measureLoopDelay()];
  }

  /** Resolves once connections are accepted. */
  async listen(handle: ListenHandle, address: Address, backlog: number): Promise<void> {
    const listener = createServer({ noDelay: true, pauseOnConnect: true }, (socket) =>
      this.#accept(socket, address),
    );
    this.#listeners.push(listener);
    await once(listener.listen(handle, backlog), 'listening').catch((error: Error) => {
      throw cannotListen(formatAddress(address), error);
    });
    listener.on('error', (error) => this.#service.log.error({ err: error }, 'cannot accept'));
  }

  /** Goes on with a connection of another worker. */
  adopt(connection: ConnectionHandle, address: Address): void {
    this.#accept(new Socket({ handle: connection as BoundSocket, readable: false }), address);
  }

  /** Accepts no more, finishes what is in flight, closes or hands over each connection; resolves after the last. */
  async drain(handsOver = false): Promise<void> {
    this.#service.state.isDraining = true;
    this.#service.state.handsOver = handsOver;
    closeInspector();
    await this.#closeListeners();
    this.#sweep();
    await new Promise<void>((resolve) => {
      this.#onDrained = resolve;
      this.#settle();
    });
    await this.#service.projectMetrics?.settle();
  }

  /** Cuts every connection. */
  stop(): void {
    this.#timers.forEach(clearInterval);
    for (const listener of this.#listeners) listener.close();
    for (const connection of this.#connections) connection.client.close();
  }

  /** What was counted since the last time, and how it stands. */
  takeMetrics(): WorkerMetrics {
    const oldest = this.#exchanges().toSorted((one, other) => one.startedAtMs - other.startedAtMs);
    return {
      ...this.#service.state.meter.take(),
      requestsInFlight: this.#service.state.requestsInFlight,
      oldestRequests: oldest.slice(0, OLDEST_MAX).map((exchange) => exchange.describe()),
      connections: this.#connections.size,
      project: this.#service.projectMetrics?.take(),
    };
  }

  requestsInFlight(): RequestInFlight[] {
    return this.#exchanges().map((exchange) => exchange.describe());
  }

  #exchanges(): Exchange[] {
    return Array.from(this.#connections, ({ exchange }) => exchange).filter(
      (exchange) => exchange !== undefined,
    );
  }

  /**
   * What waits in the backlog is cut by the close, and a turn of the loop takes one of each listener. To
   * serve them meanwhile would make the turns long, and let more come than are taken.
   */
  async #closeListeners(): Promise<void> {
    const endMs = performance.now() + LAST_CONNECTIONS_MS;
    const waiting: [Socket, Address][] = (this.#waiting = []);
    let before: number;
    do {
      before = waiting.length;
      await setImmediate();
      await setImmediate();
    } while (waiting.length > before && performance.now() < endMs);
    for (const listener of this.#listeners) listener.close();
    this.#waiting = undefined;
    for (const [socket, address] of waiting) this.#serve(socket, address);
  }

  #accept(socket: Socket, address: Address): void {
    if (this.#waiting === undefined) this.#serve(socket, address);
    else this.#waiting.push([socket, address]);
  }

  #serve(socket: Socket, address: Address): void {
    // Reset while it waited to be accepted: nobody knows by whom, and nobody waits for an answer.
    if (address.kind === 'tcp' && socket.remoteAddress === undefined) return void socket.destroy();
    const peer = this.#peerFacts(socket, address);
    const protocol = PROTOCOLS[address.protocol ?? 'http'];
    if (protocol.isForProxies && !peer.isTrusted) return this.#turnAway(socket, peer);
    const connection = new Connection(socket, protocol, peer, this.#service, (rest) => {
      void this.#onOver(connection, address, rest);
    });
    this.#connections.add(connection);
  }

  async #onOver(connection: Connection, address: Address, rest?: ConnectionHandle): Promise<void> {
    if (rest !== undefined) await handOver(rest, address);
    this.#connections.delete(connection);
    this.#settle();
  }

  #turnAway(socket: Socket, { remoteAddress }: PeerFacts): void {
    socket.destroy();
    this.#service.state.meter.countRefusal(NOT_TRUSTED.status);
    this.#service.accessLog?.refused(NOT_TRUSTED, remoteAddress);
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
    this.#service.state.date = new Date().toUTCString();
    for (const connection of this.#connections) this.#checkDeadline(connection, nowMs);
  }

  /** The fault of one connection is not to keep the others. */
  #checkDeadline(connection: Connection, nowMs: number): void {
    try {
      connection.checkDeadline(nowMs);
    } catch (error) {
      this.#service.log.error({ err: error }, 'the deadlines of a connection could not be kept');
      connection.client.close();
    }
  }

  #settle(): void {
    if (this.#connections.size > 0 || this.#onDrained === undefined) return;
    this.#timers.forEach(clearInterval);
    this.#onDrained();
  }
}
