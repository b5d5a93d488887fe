const EMPTY = Buffer.alloc(0);

/** Bytes that came and were not taken yet. What was fed last is only lent, until `keepRest`. */
export class ByteQueue {
  #bytes: Buffer = EMPTY;
  #isLent = false;
  /** Room behind the bytes, in a store of our own. */
  #store: Buffer = EMPTY;
  #storeEnd = 0;

  get length(): number {
    return this.#bytes.length;
  }

  /** To look at. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  feed(bytes: Buffer): void {
    if (this.#bytes.length > 0) return this.#append(bytes);
    this.#bytes = bytes;
    this.#isLent = true;
  }

  keepRest(): void {
    if (!this.#isLent) return;
    this.#isLent = false;
    this.#bytes = this.#bytes.length === 0 ? EMPTY : this.#own(this.#bytes, 0);
  }

  /** So many bytes, or as many as there are. They stay as they are. */
  take(count: number): Buffer {
    const taken = this.#bytes.subarray(0, count);
    this.drop(count);
    return this.#isLent ? Buffer.from(taken) : taken;
  }

  drop(count: number): void {
    this.#bytes = this.#bytes.subarray(count);
  }

  /** Each byte is copied a few times at most, however small the pieces are. */
  #append(bytes: Buffer): void {
    if (bytes.length > this.#store.length - this.#storeEnd || this.#isLent) {
      this.#bytes = this.#own(this.#bytes, this.#bytes.length + bytes.length);
      this.#isLent = false;
    }
    bytes.copy(this.#store, this.#storeEnd);
    this.#storeEnd += bytes.length;
    this.#bytes = this.#store.subarray(
      this.#storeEnd - bytes.length - this.#bytes.length,
      this.#storeEnd,
    );
  }

  #own(bytes: Buffer, roomBytes: number): Buffer {
    this.#store = Buffer.allocUnsafeSlow(bytes.length + roomBytes);
    this.#storeEnd = bytes.copy(this.#store);
    return this.#store.subarray(0, this.#storeEnd);
  }
}
