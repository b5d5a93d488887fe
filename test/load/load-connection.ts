import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import type { History, Method, Outcome } from './history.ts';

/** No load here has the application take anywhere near so long. */
const HUNG_AFTER_MS = 5_000;

export interface EchoRequest {
  readonly id: string;
  readonly method: Method;
  readonly path: string;
  readonly body: string;
}

interface Destination {
  readonly port: number;
  readonly localAddress?: string;
  readonly isSecure?: boolean;
}

interface Answer {
  readonly outcome: Outcome;
  readonly status: number;
}

/** A client that keeps its connection, sends one request at a time, and writes down what came of it. */
export class LoadConnection {
  readonly #to: Destination;
  readonly #history: History;
  #socket: Socket | undefined;
  #received = '';
  #current: EchoRequest | undefined;
  #settle: (answer: Answer) => void = () => undefined;

  constructor(to: Destination, history: History) {
    this.#to = to;
    this.#history = history;
  }

  /** Never rejects: whatever happens is an outcome. */
  async exchange(request: EchoRequest): Promise<void> {
    const startedAtMs = performance.now();
    const answer = await this.#answerTo(request);
    const { id, method } = request;
    this.#history.add({ id, method, startedAtMs, endedAtMs: performance.now(), ...answer });
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  async #answerTo(request: EchoRequest): Promise<Answer> {
    const socket = await this.#connected();
    if (socket === undefined) return { outcome: 'refused', status: 0 };
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const timer = setTimeout(() => resolve({ outcome: 'hung', status: 0 }), HUNG_AFTER_MS);
    this.#settle = resolve;
    this.#current = request;
    socket.write(encode(request), 'latin1');
    const answer = await promise;
    clearTimeout(timer);
    this.#current = undefined;
    if (answer.outcome !== 'ok') this.close();
    return answer;
  }

  async #connected(): Promise<Socket | undefined> {
    if (this.#socket !== undefined) return this.#socket;
    const socket = open(this.#to);
    socket.on('error', () => undefined);
    try {
      await once(socket, this.#to.isSecure === true ? 'secureConnect' : 'connect');
    } catch {
      return undefined;
    }
    this.#received = '';
    socket.on('data', (bytes) => this.#onData(bytes.toString('latin1')));
    socket.on('end', () => this.#onClosed(socket));
    socket.on('close', () => this.#onClosed(socket));
    this.#socket = socket;
    return socket;
  }

  #onData(text: string): void {
    this.#received += text;
    const found = /^HTTP\/1\.1 (\d{3})[^]*?\r\n\r\n/.exec(this.#received);
    if (found === null) return;
    const status = Number(found[1]);
    if (status !== 200) return this.#end({ outcome: 'failed', status });
    const length = Number(/\r\ncontent-length: (\d+)\r\n/i.exec(found[0])?.[1]);
    const body = this.#received.slice(found[0].length);
    if (body.length < length) return;
    this.#received = '';
    const isOwn = this.#current !== undefined && body === echoOf(this.#current);
    this.#end({ outcome: isOwn ? 'ok' : 'mismatched', status });
    if (/\r\nconnection: close\r\n/i.test(found[0])) this.close();
  }

  #end(answer: Answer): void {
    if (this.#current !== undefined) return this.#settle(answer);
    // An answer to nothing: there is no request to write it to.
    const nowMs = performance.now();
    const entry = { id: '', method: 'GET', startedAtMs: nowMs, endedAtMs: nowMs } as const;
    this.#history.add({ ...entry, status: answer.status, outcome: 'mismatched' });
    this.close();
  }

  /** Between two requests that is the server's right. */
  #onClosed(socket: Socket): void {
    if (this.#socket !== socket) return;
    this.close();
    if (this.#current !== undefined) this.#settle({ outcome: 'lost', status: 0 });
  }
}

function open({ port, localAddress, isSecure }: Destination): Socket {
  const from = localAddress === undefined ? {} : { localAddress };
  const plain = connect({ port, host: '127.0.0.1', noDelay: true, ...from });
  if (isSecure !== true) return plain;
  plain.on('error', () => undefined);
  return connectSecurely({ socket: plain, servername: 'localhost', rejectUnauthorized: false });
}

function encode({ method, path, body }: EchoRequest): string {
  const length = method === 'POST' ? `Content-Length: ${body.length}\r\n` : '';
  return `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${length}\r\n${body}`;
}

/** What `echo.ts` answers. */
function echoOf({ method, id, body }: EchoRequest): string {
  return `${method} ${id} ${body}`;
}
