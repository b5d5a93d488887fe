import { performance } from 'node:perf_hooks';
import { ProtocolError } from '@wsgi/wsgi/status';
import type { Awaitable, Bytes } from '@wsgi/wsgi';
import type { RequestReader } from '../protocols/protocol.ts';

/** The most of a body that is read only to keep the connection. */
const SKIPPED_BYTES_MAX = 65_536;

/** What each byte of a body adds to the time that its client still has: 500 a second are enough. */
const EARNED_MS = 2;

/** What a body asks of its connection when it needs more bytes. */
export interface BodySource {
  /** The client waits for 100 before it sends any (RFC 9110 §10.1.1). */
  sendContinue(): void;
  /** How long the client may take, for the next bytes and for a body that comes drop by drop. */
  readonly patienceMs: number;
  /** Bytes are wanted: read on, and mind how long they take. */
  wantBytes(withinMs: number): void;
}

/** How long the client was waited for, less what it earned by what it sent; most bodies are here at once. */
interface Wait {
  sumMs: number;
  sinceMs: number;
}

/** The body of one request: the application pulls it, and what it leaves is skipped. */
export class RequestBody {
  readonly #reader: RequestReader;
  readonly #source: BodySource;
  #isContinueDue: boolean;
  #error: unknown;
  #waiter: PromiseWithResolvers<Bytes | undefined> | undefined;
  #skippedBytes = 0;
  #wait: Wait | undefined;

  constructor(reader: RequestReader, expectsContinue: boolean, source: BodySource) {
    this.#reader = reader;
    this.#isContinueDue = expectsContinue;
    this.#source = source;
  }

  /** The application waits for bytes. */
  get isAwaited(): boolean {
    return this.#waiter !== undefined;
  }

  /** Bytes that the application waits for take too long; it may itself take longer. */
  timeOut(): void {
    if (this.#waiter !== undefined) this.end(new ProtocolError(408, 'body too slow'));
  }

  /** No further request can be found behind this body: it is broken, or may never come. */
  get hidesNextRequest(): boolean {
    return this.#error !== undefined || (this.#isContinueDue && !this.#reader.isBodyComplete);
  }

  /** The next piece, undefined at the end. */
  pull(): Awaitable<Bytes | undefined> {
    const piece = this.#read();
    if (piece !== undefined || this.#reader.isBodyComplete) return piece;
    if (this.#isContinueDue) this.#source.sendContinue();
    this.#isContinueDue = false;
    this.#await();
    this.#waiter = Promise.withResolvers();
    return this.#waiter.promise;
  }

  /** More bytes have come. */
  wake(): void {
    const waiter = this.#waiter;
    if (waiter === undefined) return;
    try {
      const piece = this.#read();
      this.#countWait(piece?.length ?? 0);
      if (piece === undefined && !this.#reader.isBodyComplete) return this.#await();
      this.#waiter = undefined;
      waiter.resolve(piece);
    } catch (error) {
      this.end(error);
    }
  }

  /** No more is to be read: this and every later pull fails. */
  end(error: unknown): void {
    this.#error ??= error;
    this.#waiter?.reject(this.#error);
    this.#waiter = undefined;
  }

  /** Reads on to the end of the body; false where that is not worth it, or not possible. */
  skip(): boolean {
    try {
      for (let piece = this.#read(); piece !== undefined; piece = this.#read()) {
        this.#skippedBytes += piece.length;
      }
      return this.#skippedBytes <= SKIPPED_BYTES_MAX;
    } catch {
      return false;
    }
  }

  #await(): void {
    this.#wait ??= { sumMs: 0, sinceMs: 0 };
    this.#wait.sinceMs = performance.now();
    this.#source.wantBytes(this.#source.patienceMs - this.#wait.sumMs);
  }

  #countWait(byteCount: number): void {
    if (this.#wait === undefined) return;
    const { sumMs, sinceMs } = this.#wait;
    const waitedMs = performance.now() - sinceMs;
    this.#wait.sumMs = Math.max(0, sumMs + waitedMs - byteCount * EARNED_MS);
  }

  #read(): Bytes | undefined {
    if (this.#error !== undefined) throw this.#error;
    try {
      return this.#reader.readBody();
    } catch (error) {
      this.#error = error;
      throw error;
    }
  }
}
