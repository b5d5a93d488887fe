import type { Socket } from 'node:net';
import type { Bytes } from '../../wsgi/types.ts';
import type { Outbox } from './outbox.ts';

export type Parts = readonly (string | Bytes)[];

/** Parts up to this size are joined as text: Node writes that without a buffer made for it. */
const JOINED_BYTES_MAX = 16_384;

/** Writes messages to one client. Text is latin1. */
export class SocketWriter {
  readonly #socket: Socket;
  readonly #outbox: Outbox;
  readonly #sendMs: number;
  #held = '';

  /** @param sendMs how long a client that does not keep up may take nothing. */
  constructor(socket: Socket, outbox: Outbox, sendMs: number) {
    this.#socket = socket;
    this.#outbox = outbox;
    this.#sendMs = sendMs;
  }

  /** Writes parts of a message at once. Gives whether the client keeps up. */
  write(parts: Parts): boolean {
    const isSmall = this.#held.length + sizeOf(parts) <= JOINED_BYTES_MAX;
    const isTaken = isSmall ? this.#writeText(join(parts)) : this.#writeEach(parts);
    if (!isTaken) this.#socket.setTimeout(this.#sendMs);
    return isTaken;
  }

  /** Writes the end of a message, if it is small with others at the end of the turn. */
  writeLast(parts: Parts): void {
    if (this.#held.length + sizeOf(parts) > JOINED_BYTES_MAX) {
      this.write(parts);
      return;
    }
    const isFirst = this.#held === '';
    this.#held += join(parts);
    // It may be flushed at once, with the others.
    if (isFirst) this.#outbox.add(this);
  }

  /** Writes what still waits for the end of the turn. */
  flush(): void {
    if (this.#held !== '' && !this.#socket.destroyed) this.write([]);
  }

  #writeText(text: string): boolean {
    const whole = this.#held + text;
    this.#held = '';
    return this.#socket.write(whole, 'latin1');
  }

  #writeEach(parts: Parts): boolean {
    this.#socket.cork();
    let isTaken = this.#held === '' || this.#writeText('');
    for (const part of parts) {
      if (part.length > 0) isTaken = writePart(this.#socket, part);
    }
    this.#socket.uncork();
    return isTaken;
  }
}

function sizeOf(parts: Parts): number {
  let bytes = 0;
  for (const part of parts) bytes += part.length;
  return bytes;
}

function writePart(socket: Socket, part: string | Bytes): boolean {
  return typeof part === 'string' ? socket.write(part, 'latin1') : socket.write(part);
}

function join(parts: Parts): string {
  let text = '';
  for (const part of parts) text += typeof part === 'string' ? part : latin1Of(part);
  return text;
}

function latin1Of(bytes: Bytes): string {
  const { buffer, byteOffset, byteLength } = bytes;
  const view = Buffer.isBuffer(bytes) ? bytes : Buffer.from(buffer, byteOffset, byteLength);
  return view.toString('latin1');
}
