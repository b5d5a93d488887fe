import { performance } from 'node:perf_hooks';

/** So long after its last byte a client is read on that was answered. */
const PAUSE_MS = 1000;
/** What is read on at most. */
const BYTES_MAX = 16 * 1024 * 1024;
/** So long at most, once the worker drains. */
const DRAINING_MS = 5000;

/**
 * Within which limits a client is read on after the last response, though nobody wants what it sends: a
 * reset, which the system gives for bytes that nobody reads, would overtake the response (RFC 9112 §9.6).
 */
export class Linger {
  #bytesLeft = BYTES_MAX;
  /** Known once the response has left. */
  #endMs = Infinity;

  /** The response has left; gives when the connection is to close. */
  begin(limitMs: number): number {
    const nowMs = performance.now();
    this.#endMs = nowMs + limitMs;
    return Math.min(nowMs + PAUSE_MS, this.#endMs);
  }

  /** More has come, and was dropped; gives when the connection is to close, undefined where no more is to be read. */
  prolong(byteCount: number): number | undefined {
    this.#bytesLeft -= byteCount;
    if (this.#bytesLeft < 0) return undefined;
    return Math.min(performance.now() + PAUSE_MS, this.#endMs);
  }

  /** To be called again and again while the worker drains. */
  hurry(nowMs: number): void {
    this.#endMs = Math.min(this.#endMs, nowMs + DRAINING_MS);
  }
}
