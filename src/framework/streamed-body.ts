import type { Bytes } from '../wsgi/types.ts';

/** Pieces of a streamed body; text is sent as UTF-8. */
export type Chunks = Iterable<string | Bytes> | AsyncIterable<string | Bytes>;

/** What streams can do besides being read: those of Node, those of the web, generators. */
interface Closable {
  on?(event: 'error', listener: () => void): unknown;
  destroy?(): unknown;
  cancel?(): Promise<unknown>;
  return?(): unknown;
}

/** A body that ends its source when it is closed, also where nobody has begun to read it. */
export class StreamedBody implements AsyncIterable<Bytes> {
  readonly #source: Chunks & Closable;
  #isBegun = false;

  constructor(source: Chunks) {
    this.#source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Bytes> {
    this.#isBegun = true;
    for await (const chunk of this.#source) {
      yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    }
  }

  /** What was begun ends with its loop; a stream of Node also where the loop still waits for a piece. */
  async close(): Promise<void> {
    const source = this.#source;
    // Nobody else hears of what is no longer wanted, such as a file that cannot be opened.
    source.on?.('error', () => {});
    source.destroy?.();
    if (this.#isBegun) return;
    await source.cancel?.();
    await source.return?.();
  }
}
