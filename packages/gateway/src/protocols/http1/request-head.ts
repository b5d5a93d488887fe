import { isIPv6 } from 'node:net';
import { ProtocolError } from '@wsgi/wsgi/status';
import type { HeadLimits, RequestHead } from '../protocol.ts';
import { recallField, type Field } from './fields.ts';
import { readRequestLine, type HttpRequestLine } from './request-line.ts';

/** How the end of the body is found (RFC 9112 §6.3). */
export type BodyFraming =
  { readonly kind: 'length'; readonly bytes: number } | { readonly kind: 'chunked' };

/** It is persistent as RFC 9112 §9.3 has it, and expects 100 (RFC 9110 §10.1.1). */
export interface HttpRequestHead extends HttpRequestLine, RequestHead {
  readonly protocol: HttpRequestLine['protocol'];
  readonly framing: BodyFraming;
}

/**
 * Collects the lines of a request head, and checks each as it comes (RFC 9112 §3 and §5).
 * Strict: what two readers could understand differently is refused.
 */
export class RequestHeadReader {
  readonly #limits: HeadLimits;
  #requestLine: HttpRequestLine | undefined;
  #fields: Field[] = [];
  #hasSkippedEmptyLine = false;

  constructor(limits: HeadLimits) {
    this.#limits = limits;
  }

  /** Of the head that is being read, or was refused; none before, but perhaps the empty line that is forgiven. */
  get requestLine(): HttpRequestLine | undefined {
    return this.#requestLine;
  }

  /** Begins the next head. */
  reset(): void {
    this.#requestLine = undefined;
    this.#fields = [];
    this.#hasSkippedEmptyLine = false;
  }

  /**
   * Takes the line between two offsets, without its CRLF, and gives the head with the empty line
   * that ends it. The bytes come as latin1 too.
   *
   * @throws {ProtocolError} 400, 417, 431, 501.
   */
  takeLine(
    bytes: Uint8Array,
    text: string,
    start: number,
    end: number,
  ): HttpRequestHead | undefined {
    if (this.#requestLine === undefined) {
      this.#takeRequestLine(bytes, text, start, end);
    } else if (start === end) {
      return interpretHead(this.#requestLine, this.#fields);
    } else {
      if (this.#fields.length === this.#limits.fieldCount) {
        throw new ProtocolError(431, `more than ${this.#limits.fieldCount} fields`);
      }
      this.#fields.push(recallField(bytes, text, start, end));
    }
    return undefined;
  }

  /**
   * Refuses a line, also one still incomplete, that is over its limit.
   *
   * @throws {ProtocolError} 414, 431.
   */
  checkLength(lineBytes: number): void {
    if (this.#requestLine === undefined) {
      if (lineBytes > this.#limits.requestLineBytes) {
        throw new ProtocolError(414, `request line over ${this.#limits.requestLineBytes} bytes`);
      }
    } else if (lineBytes > this.#limits.fieldBytes) {
      throw new ProtocolError(431, `field line over ${this.#limits.fieldBytes} bytes`);
    }
  }

  #takeRequestLine(bytes: Uint8Array, text: string, start: number, end: number): void {
    // RFC 9112 §2.2: one empty line before the request line is forgiven.
    if (start === end && !this.#hasSkippedEmptyLine) {
      this.#hasSkippedEmptyLine = true;
      return;
    }
    this.#requestLine = readRequestLine(bytes, text, start, end);
  }
}

/**
 * Fields whose value is no list, and that somebody acts upon: of two, each reader may take another
 * (RFC 9110 §5.3). The last lines are of RFC 6454 §7.3, Fetch, Fetch Metadata and HTML.
 */
const SINGLE_NAMES = new Map(
  (
    'Host Content-Length Transfer-Encoding Expect Content-Type Content-Range Content-Location ' +
    'Authorization Proxy-Authorization Range If-Range If-Modified-Since If-Unmodified-Since ' +
    'Date From Max-Forwards Referer User-Agent ' +
    'Origin Access-Control-Request-Method ' +
    'Sec-Fetch-Dest Sec-Fetch-Mode Sec-Fetch-Site Sec-Fetch-User Last-Event-ID'
  )
    .split(' ')
    .map((name) => [name.toLowerCase(), name]),
);

/** The fields that the connection itself lives by; all others are the application's. */
function interpretHead(requestLine: HttpRequestLine, fields: readonly Field[]): HttpRequestHead {
  let host: string | undefined;
  let contentLength: string | undefined;
  let transferEncoding: string | undefined;
  let connection = '';
  let expect: string | undefined;
  let earlierBits = 0;
  let index = 0;
  for (const { name, bit, value } of fields) {
    if ((earlierBits & bit) !== 0) requireFirst(fields, index, name);
    earlierBits |= bit;
    index += 1;
    switch (name) {
      case 'host':
        host = value;
        break;
      case 'content-length':
        contentLength = value;
        break;
      case 'transfer-encoding':
        transferEncoding = value;
        break;
      case 'connection':
        connection = connection === '' ? value : `${connection},${value}`;
        break;
      case 'expect':
        expect = value;
        break;
    }
  }
  return {
    ...requestLine,
    host: effectiveHost(requestLine, host),
    fields,
    framing: bodyFraming(requestLine, contentLength, transferEncoding),
    isPersistent: isPersistent(requestLine, connection),
    expectsContinue: expectsContinue(requestLine, expect),
    front: undefined,
  };
}

/** @throws {ProtocolError} 400 where it is the second of those that may stand once. */
export function requireFirst(fields: readonly Field[], index: number, name: string): void {
  const singleName = SINGLE_NAMES.get(name);
  if (singleName === undefined) return;
  if (fields.findIndex((field) => field.name === name) < index) {
    throw new ProtocolError(400, `more than one ${singleName}`);
  }
}

// Host = uri-host [ ":" port ] (RFC 9110 §7.2), uri-host = IP-literal / IPv4address / reg-name
// (RFC 3986 §3.2.2). An empty one names nothing, and is refused.
const NAMED_HOST = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})+(?::[0-9]*)?$/;
const IP_LITERAL = /^\[([0-9A-Fa-f:.]+)\](?::[0-9]*)?$/;

/** RFC 9112 §3.2: exactly one valid Host, and in absolute-form the same as the target's authority. */
function effectiveHost(
  { protocol, authority }: HttpRequestLine,
  field: string | undefined,
): string {
  if (field === undefined && protocol === 'HTTP/1.1') throw new ProtocolError(400, 'no Host');
  const host = field ?? authority;
  if (host === undefined) return '';
  if (!isHost(host)) throw new ProtocolError(400, 'malformed Host');
  if (authority !== undefined && authority.toLowerCase() !== host.toLowerCase()) {
    throw new ProtocolError(400, 'Host differs from the request target');
  }
  return host;
}

/** Most requests are for the host of the one before. */
let lastHost: string | undefined;

export function isHost(value: string): boolean {
  if (value === lastHost) return true;
  if (!NAMED_HOST.test(value) && !isIPv6(IP_LITERAL.exec(value)?.[1] ?? '')) return false;
  lastHost = value;
  return true;
}

const NO_BODY: BodyFraming = { kind: 'length', bytes: 0 };
const CHUNKED: BodyFraming = { kind: 'chunked' };

// Content-Length = 1*DIGIT (RFC 9110 §8.6); no list, no sign, and no more than is exact in a number.
const CONTENT_LENGTH = /^[0-9]{1,15}$/;

/** RFC 9112 §6.3, with every ambiguity of §11.2 (request smuggling) refused. */
function bodyFraming(
  line: HttpRequestLine,
  contentLength: string | undefined,
  transferEncoding: string | undefined,
): BodyFraming {
  if (transferEncoding !== undefined) {
    if (contentLength !== undefined) {
      throw new ProtocolError(400, 'both Content-Length and Transfer-Encoding');
    }
    if (line.protocol === 'HTTP/1.0') {
      throw new ProtocolError(400, 'Transfer-Encoding in HTTP/1.0');
    }
    checkTransferEncoding(transferEncoding);
    return CHUNKED;
  }
  if (contentLength === undefined) return NO_BODY;
  if (!CONTENT_LENGTH.test(contentLength)) throw new ProtocolError(400, 'malformed Content-Length');
  return { kind: 'length', bytes: Number(contentLength) };
}

// #transfer-coding (RFC 9112 §6.1, RFC 9110 §5.6.1), `chunked` last if at all
const OTHER_CODINGS =
  /^(?:(?!chunked[\t ]*,)[!#$%&'*+\-.^_`|~0-9A-Za-z]+[\t ]*,[\t ]*)*[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/i;

/** RFC 9112 §6.1: `chunked` alone is decoded here; 501 for a coding that is merely unknown. */
function checkTransferEncoding(value: string): void {
  if (value.toLowerCase() === 'chunked') return;
  if (OTHER_CODINGS.test(value)) {
    throw new ProtocolError(501, `transfer coding '${value}' is not implemented`);
  }
  throw new ProtocolError(400, 'malformed Transfer-Encoding');
}

// Connection = #connection-option (RFC 9110 §7.6.1)
const CLOSE = /(?:^|,)[\t ]*close[\t ]*(?:,|$)/i;
const KEEP_ALIVE = /(?:^|,)[\t ]*keep-alive[\t ]*(?:,|$)/i;

function isPersistent(line: HttpRequestLine, connection: string): boolean {
  if (connection !== '' && CLOSE.test(connection)) return false;
  return line.protocol === 'HTTP/1.1' || KEEP_ALIVE.test(connection);
}

/** RFC 9110 §10.1.1: ignored in HTTP/1.0; any other expectation is 417. */
function expectsContinue(line: HttpRequestLine, expect: string | undefined): boolean {
  if (expect === undefined) return false;
  if (expect.toLowerCase() !== '100-continue') throw new ProtocolError(417, 'unknown expectation');
  return line.protocol === 'HTTP/1.1';
}
