import { ProtocolError } from '@wsgi/wsgi/status';
import { ByteQueue } from '../byte-queue.ts';
import { interpretVariables, lineOf, type CgiRequestHead } from '../cgi/request-head.ts';
import { variablesBytesMax } from '../cgi/variables.ts';
import type { ProtocolLine, RequestLimits, RequestLine, RequestReader } from '../protocol.ts';
import {
  BEGIN_BYTES,
  encodeEndRequest,
  encodeUnknownType,
  encodeValues,
  EndStatus,
  HEADER_BYTES,
  readHeader,
  readPairs,
  Type,
  type RecordHeader,
} from './records.ts';

const RESPONDER = 1;
const KEEP_CONNECTION = 1;
const VALUES_BYTES_MAX = 1024;
/** Answers to what is no request, on one connection. */
const REPLIES_MAX = 1000;

/** How far the current request has come. */
type State = 'none' | 'params' | 'stdin' | 'complete';

/**
 * Requests out of FastCGI records, one after the other: a second one that begins before the first is
 * complete is refused. Records are taken apart as they come, so that an abort is seen at once.
 */
export class FastCgiReader implements RequestReader {
  readonly #limits: RequestLimits;
  readonly #line: ProtocolLine;
  readonly #queue = new ByteQueue();
  #record: RecordHeader | undefined;
  /** Of the content of the record. */
  #leftBytes = 0;
  #state: State = 'none';
  #requestId = 0;
  #keepsConnection = false;
  #head: CgiRequestHead | undefined;
  #params: Buffer[] = [];
  #paramsBytes = 0;
  #contentLength: number | undefined;
  #bodyBytes = 0;
  #body: Buffer[] = [];
  #unreadBytes = 0;
  #replies = 0;
  #error: unknown;
  requestLine: RequestLine | undefined;

  constructor(limits: RequestLimits, line: ProtocolLine) {
    this.#limits = limits;
    this.#line = line;
  }

  /** Of the request that was read last, or is being read; 0 before. */
  get requestId(): number {
    return this.#requestId;
  }

  feed(bytes: Buffer): void {
    this.#queue.feed(bytes);
    this.#advance();
  }

  keepRest(): void {
    this.#queue.keepRest();
  }

  get bufferedBytes(): number {
    return this.#queue.length + this.#unreadBytes;
  }

  get isIdle(): boolean {
    const isBetween = this.#state === 'none' || (this.#state === 'complete' && !this.#head);
    const isClean = this.#queue.length === 0 && this.#record === undefined;
    return isBetween && isClean && this.#body.length === 0 && this.#error === undefined;
  }

  /** Of the request whose head was taken. */
  get isBodyComplete(): boolean {
    if (this.#head !== undefined) return true;
    return this.#state !== 'stdin' && this.#body.length === 0;
  }

  /** @throws {ProtocolError} 400, 413, 414, 431, 501. */
  readHead(): CgiRequestHead | undefined {
    if (this.#head === undefined && this.#state === 'complete') {
      this.#state = 'none';
      this.#advance();
    }
    const head = this.#head;
    this.#head = undefined;
    if (head === undefined) this.#throwError();
    else this.requestLine = undefined;
    return head;
  }

  /** @throws {ProtocolError} 400, 413. */
  readBody(): Buffer | undefined {
    if (this.#head !== undefined) return undefined;
    const piece = this.#body.shift();
    if (piece === undefined) this.#throwError();
    else this.#unreadBytes -= piece.length;
    return piece;
  }

  /** An error counts where it came: behind what could be read. */
  #throwError(): void {
    if (this.#error !== undefined) throw this.#error;
  }

  #advance(): void {
    try {
      while (this.#error === undefined && this.#takeSome());
    } catch (error) {
      this.#error = error;
    }
  }

  /** The next header, or what there is of a content; false where more bytes are needed, or it is not its turn. */
  #takeSome(): boolean {
    if (this.#record === undefined) return this.#takeHeader();
    if (this.#leftBytes > 0) return this.#takeContent(this.#record);
    // Padding is at most 255 bytes, and comes at once.
    if (this.#queue.length < this.#record.paddingBytes) return false;
    this.#queue.drop(this.#record.paddingBytes);
    this.#record = undefined;
    return true;
  }

  #takeHeader(): boolean {
    if (this.#queue.length < HEADER_BYTES) return false;
    const header = readHeader(this.#queue.bytes);
    // The next request waits for the response to this one.
    if (header.type === Type.beginRequest && this.#state === 'complete') return false;
    this.#queue.drop(HEADER_BYTES);
    this.#begin(header);
    this.#record = header;
    this.#leftBytes = header.contentBytes;
    return true;
  }

  #begin(header: RecordHeader): void {
    const { type, requestId, contentBytes } = header;
    if (type === Type.beginRequest) {
      if (contentBytes !== BEGIN_BYTES || requestId === 0) throw malformed('FCGI_BEGIN_REQUEST');
    } else if (requestId === 0) {
      if (contentBytes > VALUES_BYTES_MAX) throw malformed('management record');
      if (type !== Type.getValues) this.#reply(encodeUnknownType(type));
      else if (contentBytes === 0) this.#reply(encodeValues([]));
    } else if (requestId === this.#requestId) {
      this.#beginOwn(header);
    }
  }

  /** A record of the current request; an empty one ends its stream (§3.3). */
  #beginOwn({ type, contentBytes }: RecordHeader): void {
    if (type === Type.abortRequest && this.#state !== 'none') this.#line.hangUp();
    if (type === Type.stdin && this.#state === 'params') throw malformed('order of streams');
    if (type === Type.params && this.#state === 'params') {
      if (contentBytes > 0) this.#countParams(contentBytes);
      else this.#endParams();
    } else if (type === Type.stdin && this.#state === 'stdin') {
      if (contentBytes > 0) this.#countBody(contentBytes);
      else this.#endBody();
    }
  }

  #countParams(contentBytes: number): void {
    this.#paramsBytes += contentBytes;
    if (this.#paramsBytes > variablesBytesMax(this.#limits)) {
      throw new ProtocolError(431, 'FCGI_PARAMS too long');
    }
  }

  #countBody(contentBytes: number): void {
    this.#bodyBytes += contentBytes;
    const { bodyBytes } = this.#limits;
    if (this.#bodyBytes > (this.#contentLength ?? Infinity)) {
      throw new ProtocolError(400, 'body longer than CONTENT_LENGTH');
    }
    if (this.#bodyBytes > bodyBytes) throw new ProtocolError(413, `body over ${bodyBytes} bytes`);
  }

  /** What there is of a stream; of what is short and no stream, the whole. */
  #takeContent({ type, requestId }: RecordHeader): boolean {
    const isWhole = type === Type.beginRequest || type === Type.getValues;
    const count = Math.min(this.#leftBytes, this.#queue.length);
    if (count === 0 || (isWhole && count < this.#leftBytes)) return false;
    this.#leftBytes -= count;
    const isOurs = requestId === this.#requestId;
    if (type === Type.beginRequest) this.#beginRequest(requestId, this.#queue.take(count));
    else if (type === Type.getValues) this.#tellValues(requestId, this.#queue.take(count));
    else if (type === Type.params && isOurs && this.#state === 'params') {
      this.#params.push(this.#queue.take(count));
    } else if (type === Type.stdin && isOurs && this.#state === 'stdin') {
      this.#body.push(this.#queue.take(count));
      this.#unreadBytes += count;
    } else {
      // Of a request that is not there, or of no meaning to a responder (§3.3).
      this.#queue.drop(count);
    }
    return true;
  }

  #tellValues(requestId: number, content: Buffer): void {
    if (requestId === 0) this.#reply(encodeValues(readPairs(content)));
  }

  #beginRequest(requestId: number, content: Buffer): void {
    if (this.#state !== 'none') {
      if (requestId === this.#requestId) throw malformed('FCGI_BEGIN_REQUEST');
      return this.#reply(encodeEndRequest(requestId, EndStatus.cannotMultiplex));
    }
    if (content.readUInt16BE(0) !== RESPONDER) {
      return this.#reply(encodeEndRequest(requestId, EndStatus.unknownRole));
    }
    this.#requestId = requestId;
    this.#keepsConnection = ((content[2] ?? 0) & KEEP_CONNECTION) !== 0;
    this.#state = 'params';
    this.#params = [];
    this.#paramsBytes = 0;
    this.#bodyBytes = 0;
  }

  #endParams(): void {
    const variables = readPairs(Buffer.concat(this.#params));
    this.#params = [];
    this.requestLine = lineOf(variables);
    this.#head = interpretVariables(variables, this.#keepsConnection, this.#limits);
    this.#contentLength = this.#head.contentLength;
    this.#state = 'stdin';
  }

  #endBody(): void {
    if (this.#bodyBytes < (this.#contentLength ?? 0)) {
      throw new ProtocolError(400, 'body shorter than CONTENT_LENGTH');
    }
    this.#state = 'complete';
  }

  /** A peer that asks on and on, and takes no answer, is not worth the memory. */
  #reply(text: string): void {
    this.#replies += 1;
    if (this.#replies > REPLIES_MAX) throw new ProtocolError(400, 'too many management records');
    this.#line.reply([text]);
  }
}

function malformed(what: string): ProtocolError {
  return new ProtocolError(400, `malformed ${what}`);
}
