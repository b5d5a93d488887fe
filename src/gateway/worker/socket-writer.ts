// The global one is looked up anew at each use.
import { Buffer } from 'node:buffer';
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
  #drained: PromiseWithResolvers<void> | undefined;
  /** How much the client had taken when it was last looked at, and since when. */
  #takenBytes: number | undefined;
  #takenAtMs = 0;

  /** @param sendMs how long a client that does not keep up may take nothing. */
  constructor(socket: Socket, outbox: Outbox, sendMs: number) {
    this.#socket = socket;
    this.#outbox = outbox;
    this.#sendMs = sendMs;
  }

  /** Something that was written has not left yet. */
  get isBusy(): boolean {
    return this.#held !== '' || this.#socket.writableLength > 0;
  }

  /** Writes parts of a message at once. Gives whether the client keeps up. */
  write(parts: Parts): boolean {
    const isSmall = this.#held.length + sizeOf(parts) <= JOINED_BYTES_MAX;
    return isSmall ? this.#writeText(join(parts)) : this.#writeEach(parts);
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

  /** Resolves when the client keeps up again, or went away. */
  drained(): Promise<void> {
    this.#drained ??= Promise.withResolvers();
    return this.#drained.promise;
  }

  /** The client keeps up again, or went away. */
  wake(): void {
    this.#drained?.resolve();
    this.#drained = undefined;
  }

  /**
   * The client has taken nothing for too long of what was written; to be asked now and then. The
   * socket's own timeout is no measure: what the client sends would renew it.
   */
  isStalled(nowMs: number): boolean {
    const takenBytes = this.#socket.writableLength > 0 ? takenBytesOf(this.#socket) : undefined;
    if (takenBytes === undefined || takenBytes !== this.#takenBytes) this.#takenAtMs = nowMs;
    this.#takenBytes = takenBytes;
    return nowMs - this.#takenAtMs >= this.#sendMs;
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

/**
 * What the system has taken of all that was written. A single piece may be megabytes, and how far
 * that is only the handle tells.
 */
function takenBytesOf(socket: Socket): number | undefined {
  const { _handle: handle } = socket as Socket & { readonly _handle: WriteHandle | null };
  return handle === null ? undefined : handle.bytesWritten - handle.writeQueueSize;
}

interface WriteHandle {
  readonly bytesWritten: number;
  readonly writeQueueSize: number;
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
