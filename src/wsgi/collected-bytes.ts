import type { Bytes } from './types.ts';

const EMPTY: Bytes = new Uint8Array(0);
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
      this.#block = Buffer.allocUnsafe(BLOCK_BYTES);
    }
    this.#block.set(piece, this.#filledBytes);
    this.#filledBytes += piece.length;
  }

  /** All of them, in their order; a single piece as it came. */
  bytes(): Bytes {
    this.#endPiece();
    const [first = EMPTY] = this.#pieces;
    return this.#pieces.length <= 1 ? first : Buffer.concat(this.#pieces);
  }

  /** What the block has becomes a piece; the rest of the block is for those that follow. */
  #endPiece(): void {
    if (this.#filledBytes === 0) return;
    this.#pieces.push(this.#block.subarray(0, this.#filledBytes));
    this.#block = this.#block.subarray(this.#filledBytes);
    this.#filledBytes = 0;
  }
}
