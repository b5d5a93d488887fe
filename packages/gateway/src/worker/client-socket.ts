// The global Buffer is looked up anew at each use.
import { Buffer } from 'node:buffer';
import { Socket, type BoundSocket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Awaitable, Bytes } from '@wsgi/wsgi';
import type { ConnectionHandle } from '../messages.ts';
import type { Parts } from '../protocols/protocol.ts';

/** What a socket tells. */
export interface SocketListener {
  /** The client keeps up again. */
  onDrain(): void;
  /** The client sends no more. */
  onEnd(): void;
  /** Nothing more can come or go. */
  onClose(): void;
}

/** Parts up to this size are joined as text: Node writes that without a buffer made for it. */
const JOINED_BYTES_MAX = 16_384;

/** The socket to one client. */
export class ClientSocket {
  readonly #socket: Socket;
  readonly #outbox: Outbox;
  readonly #sendMs: number;
  #held = '';
  #drained: PromiseWithResolvers<void> | undefined;
  /** How much the client had taken when it was last looked at, and since when. */
  #takenBytes: number | undefined;
  #takenAtMs = 0;
  #unsentBytes = 0;

  /** @param sendMs how long a client that does not keep up may take nothing. */
  constructor(socket: Socket, outbox: Outbox, sendMs: number, listener: SocketListener) {
    this.#socket = socket;
    this.#outbox = outbox;
    this.#sendMs = sendMs;
    this.#noteUnsent();
    socket.on('drain', () => {
      this.#wake();
      listener.onDrain();
    });
    socket.on('end', () => listener.onEnd());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#wake();
      listener.onClose();
    });
  }

  /** Nothing more can be written. */
  get isClosed(): boolean {
    return this.#socket.destroyed;
  }

  /** `onClose` was told. */
  get isGone(): boolean {
    return this.#socket.closed;
  }

  /** Bytes that were written, and had not left when the connection broke. */
  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  /** The client does not keep up; `onDrain` tells when it does again. */
  get isFull(): boolean {
    return this.#socket.writableNeedDrain;
  }

  /** Something that was written has not left yet. */
  get isBusy(): boolean {
    return this.#held !== '' || this.#socket.writableLength > 0;
  }

  /** Writes parts of a message at once; a promise where the client does not keep up. */
  write(parts: Parts): Awaitable<void> {
    if (this.isClosed || this.#writeNow(parts)) return undefined;
    this.#drained ??= Promise.withResolvers();
    return this.#drained.promise;
  }

  /** Writes the end of a message, if it is small with others at the end of the turn. */
  writeLast(parts: Parts): void {
    if (this.isClosed) return;
    if (this.#held.length + sizeOf(parts) > JOINED_BYTES_MAX) {
      this.#writeNow(parts);
      return;
    }
    const isFirst = this.#held === '';
    this.#held += join(parts);
    // It may be flushed at once, with the others.
    if (isFirst) this.#outbox.add(this);
  }

  /** Writes what still waits for the end of the turn. */
  flush(): void {
    if (this.#held !== '' && !this.isClosed) this.#writeNow([]);
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

  /** Leaves what the client sends in the system's buffers, which then slow it down. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  /** Ends this side of the connection after what was written, and reads on. */
  end(onEnded: () => void): void {
    this.flush();
    this.#socket.end(onEnded);
    this.#socket.resume();
  }

  /** Closes in the very moment in which all has left, if that is now: the end of a stream comes a turn later. */
  closeWritten(): boolean {
    this.flush();
    if (this.isBusy) return false;
    this.#socket.destroy();
    return true;
  }

  /** Lets go of the connection, which stays open, if all has left: what comes from now on is for who gets it. */
  release(): ConnectionHandle | undefined {
    this.flush();
    if (this.isBusy || this.isClosed) return undefined;
    this.#socket.pause();
    return takeHandle(this.#socket);
  }

  close(): void {
    this.flush();
    this.#socket.destroy();
  }

  /** Closes the connection such that the client sees an error. */
  reset(): void {
    this.flush();
    // A unix socket, which has no such address, cannot be reset.
    if (this.#socket.localAddress === undefined) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  /** When the socket tells that it has closed it is too late to look. */
  #noteUnsent(): void {
    const socket = this.#socket;
    // oxlint-disable-next-line typescript/unbound-method -- it is applied to the socket
    const { _destroy: destroy } = socket;
    // oxlint-disable-next-line no-underscore-dangle -- Node's name for it
    socket._destroy = (error, callback) => {
      const isBusy = socket.writableLength > 0;
      if (isBusy) this.#unsentBytes = socket.bytesWritten - (takenBytesOf(socket) ?? 0);
      Reflect.apply(destroy, socket, [error, callback]);
    };
  }

  /** The client keeps up again, or went away. */
  #wake(): void {
    this.#drained?.resolve();
    this.#drained = undefined;
  }

  /** Gives whether the client keeps up. */
  #writeNow(parts: Parts): boolean {
    const isSmall = this.#held.length + sizeOf(parts) <= JOINED_BYTES_MAX;
    return isSmall ? this.#writeText(join(parts)) : this.#writeEach(parts);
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
      // The encoding counts for text alone.
      if (part.length > 0) isTaken = this.#socket.write(part, 'latin1');
    }
    this.#socket.uncork();
    return isTaken;
  }
}

/**
 * What all sockets of a worker are read into, one at a time. A buffer for each read, as Node makes
 * them, costs a fifth of the CPU time of a server that does nothing else.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(65_536);

/**
 * The socket of a connection that was accepted with `pauseOnConnect`, such that its bytes are only lent
 * to `onBytes`: they are overwritten after it returns. Only what opens a connection can ask Node for
 * that in public; what accepts one has to pass the handle on.
 */
export function lendingSocket(accepted: Socket, onBytes: (bytes: Buffer) => void): Socket {
  const { _handle: handle } = accepted as Socket & { readonly _handle: BoundSocket };
  return new Socket({
    handle,
    allowHalfOpen: true,
    onread: {
      buffer: READ_BUFFER,
      callback(byteCount) {
        onBytes(READ_BUFFER.subarray(0, byteCount));
        return true;
      },
    },
  });
}

/**
 * What the system has taken of all that was written. A single piece may be megabytes, and how far
 * that is only the handle tells.
 */
function takenBytesOf(socket: Socket): number | undefined {
  const { _handle: handle } = socket as Socket & { readonly _handle: WriteHandle | null };
  return handle === null ? undefined : handle.bytesWritten - handle.writeQueueSize;
}

/** Node itself would begin to read where it passes a `Socket` on. */
function takeHandle(socket: Socket): ConnectionHandle {
  const holder = socket as unknown as { _handle: ConnectionHandle | null };
  const { _handle: handle } = holder;
  // oxlint-disable-next-line no-underscore-dangle -- Node's name for it
  holder._handle = null;
  if (handle === null) throw new Error('the connection is closed');
  return handle;
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

/** What has something to write. */
interface Holder {
  flush(): void;
}

/** At most so many responses leave together: a larger batch would save nothing more. */
const HOLDERS_MAX = 64;
/** Where requests take longer than this, a response that is ready waits for one more at most. */
const WAIT_MS = 1;

/**
 * Responses that became ready in one turn of the event loop, until its end: then they leave together.
 * Waking a client for each of them costs the worker more than the rest of a small response.
 */
export class Outbox {
  #holders: Holder[] = [];
  #sinceMs = 0;
  readonly #flush = (): void => this.flush();

  add(holder: Holder): void {
    if (this.#holders.push(holder) === 1) {
      this.#sinceMs = performance.now();
      setImmediate(this.#flush);
    }
    if (this.#holders.length >= HOLDERS_MAX) this.flush();
  }

  flush(): void {
    const holders = this.#holders;
    this.#holders = [];
    for (const holder of holders) holder.flush();
  }

  /** To be called before something that may take long. */
  flushOverdue(nowMs: number): void {
    if (this.#holders.length > 0 && nowMs - this.#sinceMs >= WAIT_MS) this.flush();
  }
}
