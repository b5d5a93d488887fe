import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import {
  LIMITS,
  parseRequests,
  type Outcome,
} from '../../packages/gateway/test/protocols/parse-requests.ts';

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
const REFUSAL = 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
/** nginx puts it before what the client sent. */
const CLIENT_ADDRESS = /^X-Forwarded-For: (\S+)\r$/m;

/** Stands where the gateway stands, and keeps what the gateway's parser makes of each connection. */
export class Recorder {
  /** Of every connection, and every byte of it. */
  byteCount = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #connections: Buffer[][] = [];

  private constructor() {
    this.#server = createServer((socket) => this.#record(socket));
    onTestFinished(() => this.#stop());
  }

  static async start(): Promise<Recorder> {
    const recorder = new Recorder();
    recorder.#server.listen(0, '127.0.0.1');
    await once(recorder.#server, 'listening');
    return recorder;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** What came on each connection, by the address of the client that nginx names. */
  outcomes(): Map<string, Outcome[]> {
    const outcomes = new Map<string, Outcome[]>();
    for (const pieces of this.#connections) {
      const bytes = Buffer.concat(pieces);
      const address = CLIENT_ADDRESS.exec(bytes.toString('latin1'))?.[1];
      if (address === undefined) throw new Error(`Not of nginx: ${bytes.toString('latin1')}`);
      outcomes.set(address, [...(outcomes.get(address) ?? []), parseRequests([bytes], LIMITS)]);
    }
    return outcomes;
  }

  /** Answers once, and goes on listening: what comes after the request is the finding. */
  #record(socket: Socket): void {
    const pieces: Buffer[] = [];
    this.#connections.push(pieces);
    this.#sockets.add(socket);
    let isAnswered = false;
    socket.on('data', (piece: Buffer) => {
      pieces.push(piece);
      this.byteCount += piece.length;
      const { end } = parseRequests([Buffer.concat(pieces)], LIMITS);
      if (isAnswered || end === 'incomplete') return;
      isAnswered = true;
      socket.write(end === 'idle' ? ANSWER : REFUSAL);
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
