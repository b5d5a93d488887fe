import type { Bytes } from '../types.ts';

type Reader = ReadableStreamDefaultReader<Bytes>;
type Step = Awaited<ReturnType<Reader['read']>>;

/** A stream of the Fetch API as a body. What it has ready is read before the first iteration. */
export class StreamBody implements AsyncIterableIterator<Bytes> {
  /** Pieces that were read, and not given yet. */
  readonly ready: Bytes[] = [];
  /** All that there is, is ready. */
  isWhole = false;
  readonly #reader: Reader;
  #reading: Promise<Step> | undefined;

  constructor(stream: ReadableStream<Bytes>) {
    this.#reader = stream.getReader();
  }

  /** Reads what comes in this turn of the event loop: of a body of known size, one piece and its end. */
  async readReady(): Promise<void> {
    const { promise: later, resolve } = Promise.withResolvers<'later'>();
    const turn = setImmediate(resolve, 'later');
    try {
      while (this.ready.length < 2 && !this.isWhole) {
        const step = await Promise.race([this.#read(), later]);
        if (step === 'later') return;
        this.#reading = undefined;
        if (step.done) this.isWhole = true;
        else this.ready.push(step.value);
      }
    } catch (error) {
      // What is ready goes out before the error is met again.
      if (this.ready.length === 0) throw error;
    } finally {
      clearImmediate(turn);
    }
  }

  async next(): Promise<IteratorResult<Bytes>> {
    const value = this.ready.shift();
    if (value !== undefined) return { done: false, value };
    if (this.isWhole) return { done: true, value };
    const step = await this.#read();
    this.#reading = undefined;
    return step.done ? { done: true, value: undefined } : step;
  }

  /** Unlike the stream's own iterator, it can be left while the next piece is being waited for. */
  async return(): Promise<IteratorResult<Bytes>> {
    await this.#reader.cancel();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #read(): Promise<Step> {
    return (this.#reading ??= this.#reader.read());
  }
}
