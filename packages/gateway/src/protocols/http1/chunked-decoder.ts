import { TOKEN } from '@wsgi/wsgi/headers';
import { ProtocolError } from '@wsgi/wsgi/status';
import { readField } from './fields.ts';

const TOKEN_TEXT = TOKEN.source.slice(1, -1);
// quoted-string (RFC 9110 §5.6.4)
const QUOTED = /"(?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"/.source;
// chunk-size = 1*HEXDIG (RFC 9112 §7.1), here at most 12 digits: 2^48 bytes.
// chunk-ext = *( BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string ) ] ) (§7.1.1) is skipped.
const CHUNK_LINE = new RegExp(
  `^([0-9A-Fa-f]{1,12})((?:[\t ]*;[\t ]*${TOKEN_TEXT}(?:[\t ]*=[\t ]*(?:${TOKEN_TEXT}|${QUOTED}))?)*)$`,
);

const LINE_LIMIT_BYTES = 4096;
/** For all the extensions of a body together. */
const EXTENSION_LIMIT_BYTES = 4096;
const TRAILER_LIMIT_BYTES = 8190;

// RFC 9110 §6.5.1: fields that frame or route a message never come in a trailer.
const FORBIDDEN_TRAILERS = new Set(['content-length', 'transfer-encoding', 'host', 'trailer']);

type ChunkedState = 'size' | 'data' | 'data-end' | 'trailers' | 'done';

/** Follows a chunked body (RFC 9112 §7.1) line by line; the bytes between stay with the caller. */
export class ChunkedDecoder {
  state: ChunkedState = 'size';
  /** What is left of the chunk that is being read. */
  remainingBytes = 0;
  readonly #limitBytes: number;
  #bodyBytes = 0;
  #extensionBytes = 0;
  #trailerBytes = 0;

  /** @param limitBytes for the body without its framing; Infinity for no limit. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Takes a line without its CRLF, once its length is checked; not in the states `data` and `done`. */
  takeLine(line: string): void {
    if (this.state === 'size') this.#takeSize(line);
    else if (this.state === 'trailers') this.#takeTrailer(line);
    else this.state = 'size';
  }

  /** Counts bytes of the chunk that the caller has taken. */
  takeData(bytes: number): void {
    this.remainingBytes -= bytes;
    if (this.remainingBytes === 0) this.state = 'data-end';
  }

  /** Refuses a line that is too long, or begins with no digit, also while it is incomplete. */
  checkLength(lineBytes: number, firstByte: number): void {
    if (this.state === 'size' && lineBytes > 0 && !isHexDigit(firstByte)) throw malformedSize();
    if (this.state === 'data-end' && lineBytes > 0) {
      throw new ProtocolError(400, 'chunk longer than its size');
    }
    if (this.state === 'size' && lineBytes > LINE_LIMIT_BYTES) {
      throw new ProtocolError(400, 'chunk line too long');
    }
    if (this.state === 'trailers' && this.#trailerBytes + lineBytes > TRAILER_LIMIT_BYTES) {
      throw new ProtocolError(431, 'trailers too long');
    }
  }

  #takeSize(line: string): void {
    const match = CHUNK_LINE.exec(line);
    if (match === null) throw malformedSize();
    const [, size = '', extension = ''] = match;
    this.#extensionBytes += extension.length;
    if (this.#extensionBytes > EXTENSION_LIMIT_BYTES) {
      throw new ProtocolError(400, 'too many chunk extensions');
    }
    this.remainingBytes = Number.parseInt(size, 16);
    this.#bodyBytes += this.remainingBytes;
    if (this.#bodyBytes > this.#limitBytes) {
      throw new ProtocolError(413, `body over ${this.#limitBytes} bytes`);
    }
    this.state = this.remainingBytes === 0 ? 'trailers' : 'data';
  }

  #takeTrailer(line: string): void {
    if (line === '') {
      this.state = 'done';
      return;
    }
    this.#trailerBytes += line.length;
    const { name } = readField(Buffer.from(line, 'latin1'), line, 0, line.length);
    if (FORBIDDEN_TRAILERS.has(name)) throw new ProtocolError(400, `${name} in a trailer`);
  }
}

function isHexDigit(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
}

function malformedSize(): ProtocolError {
  return new ProtocolError(400, 'malformed chunk size');
}
