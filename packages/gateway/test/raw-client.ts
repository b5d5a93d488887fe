import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A client that sends exactly the bytes it is told to, and reads what comes. Text is latin1. */
export class RawClient {
  readonly socket: Socket;
  received = '';

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes) => (this.received += bytes.toString('latin1')));
    socket.on('error', () => undefined);
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1' });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  send(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Waits until so many responses' worth of text has come. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.received)) {
      if (this.socket.readableEnded || this.socket.destroyed) {
        throw new Error(`closed before ${pattern}: ${JSON.stringify(this.received)}`);
      }
      await this.#event('data', 'close');
    }
    return this.received;
  }

  /** Waits until the server has closed the connection, and gives all that came. */
  async untilClosed(): Promise<string> {
    if (!this.socket.closed) await this.#event('close');
    return this.received;
  }

  close(): void {
    this.socket.destroy();
  }

  /** Unlike `events.once`, does not reject where the connection is reset. */
  #event(...names: ('data' | 'close')[]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    for (const name of names) this.socket.on(name, resolve);
    return promise.finally(() => {
      for (const name of names) this.socket.off(name, resolve);
    });
  }
}

/** Sends one request, or several, and gives everything until the server closes. */
export async function exchange(port: number, text: string): Promise<string> {
  const client = await RawClient.connect(port);
  client.send(text);
  return client.untilClosed();
}
