import { PLAIN_TEXT_FIELDS, writeFields, type ResponseFields } from '@wsgi/wsgi/response-fields';
import type { Framing } from '@wsgi/wsgi/response-sink';
import { statusLine, type ProtocolError } from '@wsgi/wsgi/status';
import type { Bytes } from '@wsgi/wsgi';
import type { Parts, RequestLine, ResponseEncoder } from '../protocol.ts';

/** How the first line of a response begins: as in CGI (RFC 3875 §6.3.3), or as in HTTP. */
export type StatusStart = 'Status: ' | 'HTTP/1.1 ';

/** A response that ends with its connection. Date and Server are the proxy's. */
export class CgiResponseEncoder implements ResponseEncoder {
  isUntilClose = false;
  readonly #start: StatusStart;
  #head = '';

  constructor(start: StatusStart) {
    this.#start = start;
  }

  begin(status: string, fields: ResponseFields, framing: Framing): void {
    this.isUntilClose = framing === 'until-end';
    this.#head = encodeHead(this.#start, status, fields, framing);
  }

  encodeWhole(body: Bytes): Parts {
    return this.encodePiece(body);
  }

  encodePiece(piece: Bytes): Parts {
    return [this.encodeEnd(), piece];
  }

  /** What was not sent yet of the head. */
  encodeEnd(): string {
    const head = this.#head;
    this.#head = '';
    return head;
  }
}

export function encodeHead(
  start: StatusStart,
  status: string,
  { lines }: ResponseFields,
  framing: Framing,
): string {
  const length = typeof framing === 'number' ? `Content-Length: ${framing}\r\n` : '';
  return `${start}${status}\r\n${lines}${length}\r\n`;
}

/** The answer to what cannot be served; to HEAD without its content (RFC 9110 §9.3.2). */
export function encodeRefusal(
  start: StatusStart,
  error: ProtocolError,
  line: RequestLine | undefined,
): string {
  const status = statusLine(error.status);
  const text = `${status.slice('400 '.length)}: ${error.message}\n`;
  const head = encodeHead(start, status, PLAIN_TEXT_FIELDS, text.length);
  return line?.method === 'HEAD' ? head : head + text;
}

const RETRY_SOON = writeFields([['Retry-After', '1']]);

/** The answer that there is too much to do. */
export function encodeOverload(start: StatusStart): string {
  return encodeHead(start, statusLine(503), RETRY_SOON, 0);
}
