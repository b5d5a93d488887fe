import type { Awaitable, Bytes, InputStream } from './types.ts';

const EMPTY: Bytes = new Uint8Array(0);
const LINE_FEED = 0x0a;
/** Not every runtime has it. Where it is, bytes that come as buffers stay buffers. */
const { Buffer } = globalThis as Partial<typeof globalThis>;

/** PEP 3333 "Input and Error Streams", over a body that comes in pieces. */
export class BodyInputStream implements InputStream {
  #pull: () => Awaitable<Bytes | undefined>;
  #rest = EMPTY;
  #isBusy = false;

  /** @param pull gives the next piece of the body, `undefined` at its end; called when bytes are wanted, never before. */
  constructor(pull: () => Awaitable<Bytes | undefined>) {
    this.#pull = pull;
  }

  /** Waits for `size` bytes or the end of the body; a negative size is all that remain. */
  read(size = -1): Promise<Bytes> {
    return this.#alone(() => this.#take(size, false));
  }

  readline(size = -1): Promise<Bytes> {
    return this.#alone(() => this.#take(size, true));
  }

  readlines(hint = -1): Promise<Bytes[]> {
    return this.#alone(() => this.#takeLines(hint > 0 ? hint : Infinity));
  }

  /** Yields the pieces as they come, without a copy. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Bytes, void, undefined> {
    for (;;) {
      const piece = await this.#alone(() => this.#takePiece());
      if (piece.length === 0) return;
      yield piece;
    }
  }

  /** An application that does not wait for what it reads is not to end with a client that goes away. */
  #alone<T>(take: () => Promise<T>): Promise<T> {
    const taken = this.#takeAlone(take);
    taken.catch(() => undefined);
    return taken;
  }

  /** Two reads at once would each get a part of the other's bytes. */
  async #takeAlone<T>(take: () => Promise<T>): Promise<T> {
    if (this.#isBusy) {
      throw new Error('wsgi.input is being read already: await each read before the next');
    }
    this.#isBusy = true;
    try {
      return await take();
    } finally {
      this.#isBusy = false;
    }
  }

  async #take(size: number, isLine: boolean): Promise<Bytes> {
    const taken = new CollectedBytes();
    let wantedBytes = size < 0 ? Infinity : Math.floor(size);
    while (wantedBytes > 0 && (this.#rest.length > 0 || (await this.#fill()))) {
      const part = this.#cut(wantedBytes, isLine);
      taken.append(part);
      wantedBytes -= part.length;
      if (isLine && part.at(-1) === LINE_FEED) break;
    }
    return taken.bytes();
  }

  async #takeLines(hintBytes: number): Promise<Bytes[]> {
    const lines: Bytes[] = [];
    for (let takenBytes = 0; takenBytes < hintBytes;) {
      const line = await this.#take(-1, true);
      if (line.length === 0) break;
      lines.push(line);
      takenBytes += line.length;
    }
    return lines;
  }

  async #takePiece(): Promise<Bytes> {
    if (this.#rest.length === 0) await this.#fill();
    return this.#cut(Infinity, false);
  }

  /** What the rest has of the bytes wanted, up to its first line feed where a line is. */
  #cut(wantedBytes: number, isLine: boolean): Bytes {
    const rest = this.#rest;
    const most = rest.length <= wantedBytes ? rest : rest.subarray(0, wantedBytes);
    const lineEnd = isLine ? most.indexOf(LINE_FEED) + 1 : 0;
    const part = lineEnd > 0 ? most.subarray(0, lineEnd) : most;
    this.#rest = part.length === rest.length ? EMPTY : rest.subarray(part.length);
    return part;
  }

  /** Gets a piece that is not empty. The end of the body and an error stay what they are. */
  async #fill(): Promise<boolean> {
    try {
      while (this.#rest.length === 0) {
        const piece = await this.#pull();
        if (piece === undefined) {
          this.#pull = atEnd;
          return false;
        }
        this.#rest = piece;
      }
      return true;
    } catch (error) {
      const fail = (): never => {
        throw error;
      };
      this.#pull = fail;
      throw error;
    }
  }
}

function atEnd(): undefined {
  return undefined;
}

const FEW_PIECES = 8;
const SMALL_BYTES = 1024;
const BLOCK_BYTES = 4096;

/**
 * Bytes that come in pieces. Of many small ones each would take more memory than its bytes: they are
 * put together.
 */
export class CollectedBytes {
  readonly #pieces: Bytes[] = [];
  #block = EMPTY;
  #filledBytes = 0;

  append(piece: Bytes): void {
    if (this.#pieces.length < FEW_PIECES || piece.length >= SMALL_BYTES) {
      this.#endPiece();
      this.#pieces.push(piece);
      return;
    }
    if (piece.length > this.#block.length - this.#filledBytes) {
      this.#endPiece();
      this.#block = Buffer?.allocUnsafe(BLOCK_BYTES) ?? new Uint8Array(BLOCK_BYTES);
    }
    this.#block.set(piece, this.#filledBytes);
    this.#filledBytes += piece.length;
  }

  /** In their order. */
  pieces(): readonly Bytes[] {
    this.#endPiece();
    return this.#pieces;
  }

  /** All of them in one; a single piece as it came. */
  bytes(): Bytes {
    return joinPieces(this.pieces());
  }

  /** What the block has becomes a piece; the rest of the block is for those that follow. */
  #endPiece(): void {
    if (this.#filledBytes === 0) return;
    this.#pieces.push(this.#block.subarray(0, this.#filledBytes));
    this.#block = this.#block.subarray(this.#filledBytes);
    this.#filledBytes = 0;
  }
}

/** The pieces as one. */
export function joinPieces(pieces: readonly Bytes[]): Bytes {
  const [first = EMPTY] = pieces;
  if (pieces.length <= 1) return first;
  if (Buffer !== undefined) return Buffer.concat(pieces);
  const joined = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const piece of pieces) {
    joined.set(piece, offset);
    offset += piece.length;
  }
  return joined;
}
