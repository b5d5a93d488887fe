import { statusLine, type ProtocolError } from '@wsgi/wsgi/status';
import { PLAIN_TEXT_FIELDS, writeFields, type ResponseFields } from '@wsgi/wsgi/response-fields';
import type { Framing } from '@wsgi/wsgi/response-sink';
import type { Bytes } from '@wsgi/wsgi';
import type { Parts, RequestHead, RequestLine, ResponseEncoder } from '../protocol.ts';

/** What the server adds to the application's headers (RFC 9112 §6 and §9). */
export interface ConnectionHeaders {
  /** The length of the body; 'chunked' where nobody knows it; undefined where nothing is to be said. */
  readonly framing: number | 'chunked' | undefined;
  readonly connection: 'close' | 'keep-alive' | undefined;
  /** IMF-fixdate (RFC 9110 §5.6.7). */
  readonly date: string;
}

/** The response to one request of HTTP/1.x (RFC 9112). */
export class HttpResponseEncoder implements ResponseEncoder {
  isUntilClose = false;
  readonly #protocol: string;
  #head = '';
  #isChunked = false;

  constructor(protocol: string) {
    this.#protocol = protocol;
  }

  begin(
    status: string,
    fields: ResponseFields,
    framing: Framing,
    isLast: boolean,
    date: string,
  ): void {
    const isHttp10 = this.#protocol === 'HTTP/1.0';
    this.#isChunked = framing === 'until-end' && !isHttp10;
    this.isUntilClose = framing === 'until-end' && isHttp10;
    this.#head = encodeResponseHead(status, fields, {
      framing: typeof framing === 'number' ? framing : this.#isChunked ? 'chunked' : undefined,
      connection: connectionOption(this.#protocol, isLast || this.isUntilClose),
      date,
    });
  }

  encodeWhole(body: Bytes): Parts {
    return [this.#takeHead(), body];
  }

  /** RFC 9112 §7.1: an empty piece is no chunk. */
  encodePiece(piece: Bytes): Parts {
    const head = this.#takeHead();
    return this.#isChunked && piece.length > 0
      ? [`${head}${piece.length.toString(16)}\r\n`, piece, '\r\n']
      : [head, piece];
  }

  encodeEnd(): string {
    const head = this.#takeHead();
    return this.#isChunked ? `${head}0\r\n\r\n` : head;
  }

  #takeHead(): string {
    const head = this.#head;
    this.#head = '';
    return head;
  }
}

const SERVER = 'Server: gateway\r\n';

/** A response head in latin1 (RFC 9112 §4). */
export function encodeResponseHead(
  status: string,
  { lines, hasDate, hasServer }: ResponseFields,
  { framing, connection, date }: ConnectionHeaders,
): string {
  let head = `HTTP/1.1 ${status}\r\n${lines}`;
  // RFC 9110 §6.6.1 and §10.2.4; PEP 3333 leaves both to the server.
  if (!hasDate) head += `Date: ${date}\r\n`;
  if (!hasServer) head += SERVER;
  if (typeof framing === 'number') head += `Content-Length: ${framing}\r\n`;
  else if (framing === 'chunked') head += 'Transfer-Encoding: chunked\r\n';
  if (connection !== undefined) head += `Connection: ${connection}\r\n`;
  return `${head}\r\n`;
}

/** What a response says of the connection: each version has the other's default (RFC 9112 §9.3). */
function connectionOption(protocol: string, isLast: boolean): 'close' | 'keep-alive' | undefined {
  if (isLast) return 'close';
  return protocol === 'HTTP/1.0' ? 'keep-alive' : undefined;
}

/** RFC 9110 §15.2: an interim response, a head alone. */
export const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

const RETRY_SOON = writeFields([['Retry-After', '1']]);

/** The answer to what cannot be served; to HEAD without its content (RFC 9110 §9.3.2). */
export function encodeRefusal(
  error: ProtocolError,
  line: RequestLine | undefined,
  date: string,
): string {
  const status = statusLine(error.status);
  const text = `${status.slice('400 '.length)}: ${error.message}\n`;
  const added = { framing: text.length, connection: 'close', date } as const;
  const head = encodeResponseHead(status, PLAIN_TEXT_FIELDS, added);
  return line?.method === 'HEAD' ? head : head + text;
}

/** The answer that there is too much to do: as short as can be. */
export function encodeOverload({ protocol }: RequestHead, isLast: boolean, date: string): string {
  const connection = connectionOption(protocol, isLast);
  return encodeResponseHead(statusLine(503), RETRY_SOON, { framing: 0, connection, date });
}
