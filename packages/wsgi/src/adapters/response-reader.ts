import type { Bytes, HeaderList } from '../types.ts';

export interface ListenerResponseHead {
  /** `"200 OK"`. */
  readonly status: string;
  readonly code: number;
  readonly headers: HeaderList;
}

const EMPTY: Buffer = Buffer.alloc(0);
const LINE_FEED = 0x0a;

/** Takes apart what Node's `ServerResponse` writes to its socket (RFC 9112 §4 and §7.1). Knows no socket. */
export class ResponseReader {
  head: ListenerResponseHead | undefined;
  /** The body, without its coding, as far as it came and was not taken. */
  readonly pieces: Bytes[] = [];
  /** The listener left the length of the body open. */
  isChunked = false;
  /** The listener wants the connection to close after the response. */
  isLast = false;
  /** Of the head, before it is complete. */
  #rest = EMPTY;
  /** What is left of the chunk. */
  #chunkBytes = 0;
  /** Of the line between two chunks. */
  #line = '';
  #isLastChunk = false;

  /** Where nothing more comes, the body is not visibly cut by that. */
  get mayEnd(): boolean {
    return this.head !== undefined && (!this.isChunked || this.#isLastChunk);
  }

  feed(bytes: Buffer): void {
    const body = this.head === undefined ? this.#readHead(bytes) : bytes;
    if (this.isChunked) this.#readChunks(body);
    else this.#take(body);
  }

  /** Gives what follows the head. */
  #readHead(bytes: Buffer): Buffer {
    let rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (this.head === undefined) {
      const end = rest.indexOf('\r\n\r\n');
      if (end < 0) {
        this.#rest = rest;
        return EMPTY;
      }
      const head = parseHead(rest.toString('latin1', 0, end));
      rest = rest.subarray(end + 4);
      // RFC 9110 §15.2: interim responses go before the one that counts.
      if (head.code >= 200) this.#begin(head);
    }
    this.#rest = EMPTY;
    return rest;
  }

  #begin(head: ListenerResponseHead): void {
    this.head = head;
    this.isChunked = hasOption(head, 'transfer-encoding', /\bchunked\b/i);
    this.isLast = hasOption(head, 'connection', /\bclose\b/i);
  }

  #readChunks(bytes: Buffer): void {
    let offset = 0;
    while (offset < bytes.length && !this.#isLastChunk) {
      if (this.#chunkBytes > 0) {
        const part = bytes.subarray(offset, offset + this.#chunkBytes);
        this.#chunkBytes -= part.length;
        offset += part.length;
        this.#take(part);
      } else {
        const lineEnd = bytes.indexOf(LINE_FEED, offset);
        const end = lineEnd < 0 ? bytes.length : lineEnd;
        this.#line += bytes.toString('latin1', offset, end);
        offset = end + 1;
        if (lineEnd >= 0) this.#endLine();
      }
    }
  }

  /** The line of a chunk's size, or the empty one behind its data. */
  #endLine(): void {
    const size = Number.parseInt(this.#line, 16);
    this.#line = '';
    this.#chunkBytes = size || 0;
    this.#isLastChunk = size === 0;
  }

  #take(piece: Buffer): void {
    if (piece.length > 0) this.pieces.push(piece);
  }
}

function hasOption({ headers }: ListenerResponseHead, field: string, option: RegExp): boolean {
  return headers.some(([name, value]) => name.toLowerCase() === field && option.test(value));
}

function parseHead(text: string): ListenerResponseHead {
  const [statusLine = '', ...lines] = text.split('\r\n');
  const status = statusLine.slice('HTTP/1.1 '.length);
  return { status, code: Number.parseInt(status, 10), headers: lines.map(splitLine) };
}

function splitLine(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}
