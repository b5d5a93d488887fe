import { ProtocolError } from '@wsgi/wsgi/status';
import type { RequestLimits, RequestReader } from '../protocol.ts';
import { ChunkedDecoder } from './chunked-decoder.ts';
import { RequestHeadReader, type HttpRequestHead } from './request-head.ts';
import type { HttpRequestLine } from './request-line.ts';

const CR = 0x0d;
const EMPTY = Buffer.alloc(0);

/** HTTP/1.x requests out of bytes (RFC 9112). */
export class RequestParser implements RequestReader {
  readonly #limits: RequestLimits;
  readonly #head: RequestHeadReader;
  #buffer: Buffer = EMPTY;
  /** The buffer as latin1, made when lines are read from it. */
  #text: string | undefined;
  #offset = 0;
  /** Until `keepRest`, the buffer is the feeder's. */
  #isLent = false;
  #remainingBodyBytes = 0;
  #chunks: ChunkedDecoder | undefined;

  constructor(limits: RequestLimits) {
    this.#limits = limits;
    this.#head = new RequestHeadReader(limits);
  }

  feed(bytes: Buffer): void {
    const left = this.bufferedBytes;
    this.#isLent = left === 0;
    this.#buffer = left === 0 ? bytes : Buffer.concat([this.#buffer.subarray(this.#offset), bytes]);
    this.#text = undefined;
    this.#offset = 0;
  }

  keepRest(): void {
    if (!this.#isLent) return;
    this.#isLent = false;
    this.#buffer =
      this.bufferedBytes === 0 ? EMPTY : Buffer.from(this.#buffer.subarray(this.#offset));
    this.#text = undefined;
    this.#offset = 0;
  }

  get bufferedBytes(): number {
    return this.#buffer.length - this.#offset;
  }

  get isIdle(): boolean {
    return this.isBodyComplete && this.requestLine === undefined && this.bufferedBytes === 0;
  }

  get requestLine(): HttpRequestLine | undefined {
    return this.#head.requestLine;
  }

  get isBodyComplete(): boolean {
    return this.#chunks === undefined
      ? this.#remainingBodyBytes === 0
      : this.#chunks.state === 'done';
  }

  /** @throws {ProtocolError} 400, 413, 414, 417, 431, 501. */
  readHead(): HttpRequestHead | undefined {
    for (;;) {
      const start = this.#offset;
      const end = this.#takeLine(this.#head);
      if (end === -1) return undefined;
      const head = this.#head.takeLine(this.#buffer, this.#latin1(), start, end);
      if (head !== undefined) {
        this.#startBody(head);
        this.#head.reset();
        return head;
      }
    }
  }

  /** @throws {ProtocolError} 400, 413, 431. */
  readBody(): Buffer | undefined {
    if (this.#chunks !== undefined) return this.#readChunked(this.#chunks);
    const piece = this.#takeBytes(this.#remainingBodyBytes);
    if (piece !== undefined) this.#remainingBodyBytes -= piece.length;
    return piece;
  }

  #startBody({ framing }: HttpRequestHead): void {
    this.#chunks =
      framing.kind === 'chunked' ? new ChunkedDecoder(this.#limits.bodyBytes) : undefined;
    this.#remainingBodyBytes = framing.kind === 'length' ? framing.bytes : 0;
    const { bodyBytes } = this.#limits;
    if (this.#remainingBodyBytes > bodyBytes) {
      throw new ProtocolError(413, `body over ${bodyBytes} bytes`);
    }
  }

  #readChunked(chunks: ChunkedDecoder): Buffer | undefined {
    while (chunks.state !== 'done') {
      if (chunks.state === 'data') {
        const piece = this.#takeBytes(chunks.remainingBytes);
        if (piece !== undefined) chunks.takeData(piece.length);
        return piece;
      }
      const start = this.#offset;
      const end = this.#takeLine(chunks);
      if (end === -1) return undefined;
      chunks.takeLine(this.#latin1().slice(start, end));
    }
    return undefined;
  }

  #takeBytes(count: number): Buffer | undefined {
    if (count === 0 || this.bufferedBytes === 0) return undefined;
    const end = Math.min(this.#offset + count, this.#buffer.length);
    const piece = this.#buffer.subarray(this.#offset, end);
    this.#offset = end;
    return this.#isLent ? Buffer.from(piece) : piece;
  }

  #latin1(): string {
    return (this.#text ??= this.#buffer.toString('latin1'));
  }

  /** RFC 9112 §2.2: lines end in CRLF; a bare LF is refused. Gives where it ends, -1 while it is incomplete. */
  #takeLine(taker: RequestHeadReader | ChunkedDecoder): number {
    const text = this.#latin1();
    const start = this.#offset;
    const lineFeed = text.indexOf('\n', start);
    const end = lineFeed === -1 ? text.length : lineFeed;
    const hasCr = end > start && text.charCodeAt(end - 1) === CR;
    const lineEnd = hasCr ? end - 1 : end;
    taker.checkLength(lineEnd - start, text.charCodeAt(start));
    if (lineFeed === -1) return -1;
    if (!hasCr) throw new ProtocolError(400, 'line ends in a bare LF');
    this.#offset = end + 1;
    return lineEnd;
  }
}
