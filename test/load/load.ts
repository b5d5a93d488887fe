import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { History, type Method } from './history.ts';
import { LoadConnection } from './load-connection.ts';

export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  /** Where the clients are: another address than that of others. */
  readonly localAddress?: string;
  /** Whether they speak TLS, and take any certificate. */
  readonly isSecure?: boolean;
  /** Whether each request has a connection of its own. */
  readonly connectsAnew?: boolean;
  /** The longest time between two requests of a connection; each time is another, at random. */
  readonly pauseMs: number;
  /** How long the application takes for each request. */
  readonly delayMs?: number;
  /** Ends by itself after so many. */
  readonly requestsMax?: number;
  /** Ends by itself after so long. */
  readonly durationMsMax?: number;
}

const REQUESTS_MAX = 1_000_000;
const DURATION_MS_MAX = 280_000;

/** GET and POST requests in turn, each with an id of its own, over connections that are kept. */
export class Load {
  readonly history: History = new History();
  readonly #options: LoadOptions;
  readonly #name = randomBytes(4).toString('hex');
  readonly #endsAtMs: number;
  readonly #clients: Promise<void>[];
  #isStopped = false;
  #lastNumber = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#endsAtMs = performance.now() + (options.durationMsMax ?? DURATION_MS_MAX);
    this.#clients = Array.from({ length: options.connections }, () => this.#runClient());
  }

  /** Sends no more, waits for the answers that are due, and gives the whole history. */
  async stop(): Promise<History> {
    this.#isStopped = true;
    return this.ended();
  }

  /** Waits until the load has ended by itself. */
  async ended(): Promise<History> {
    await Promise.all(this.#clients);
    return this.history;
  }

  async #runClient(): Promise<void> {
    const connection = new LoadConnection(this.#options, this.history);
    while (this.#shouldGoOn()) {
      await setTimeout(Math.random() * this.#options.pauseMs);
      this.#lastNumber += 1;
      await this.#send(connection, this.#lastNumber);
      if (this.#options.connectsAnew === true) connection.close();
    }
    connection.close();
  }

  #shouldGoOn(): boolean {
    return (
      !this.#isStopped &&
      this.#lastNumber < (this.#options.requestsMax ?? REQUESTS_MAX) &&
      performance.now() < this.#endsAtMs
    );
  }

  #send(connection: LoadConnection, number: number): Promise<void> {
    const id = `${this.#name}-${number}`;
    const method: Method = number % 2 === 0 ? 'GET' : 'POST';
    const { delayMs } = this.#options;
    const path = delayMs === undefined ? `/echo/${id}` : `/echo/${id}/${delayMs}`;
    const body = method === 'POST' ? `body of ${id}` : '';
    return connection.exchange({ id, method, path, body });
  }
}
