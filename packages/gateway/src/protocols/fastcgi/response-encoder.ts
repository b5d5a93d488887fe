import type { ResponseFields } from '@wsgi/wsgi/response-fields';
import type { Framing } from '@wsgi/wsgi/response-sink';
import type { Bytes } from '@wsgi/wsgi';
import { encodeHead } from '../cgi/response-encoder.ts';
import type { Parts, ResponseEncoder } from '../protocol.ts';
import { CONTENT_BYTES_MAX, encodeEndRequest, encodeHeader, EndStatus, Type } from './records.ts';

const NOTHING: Bytes = new Uint8Array(0);

/** The response to one request, in records: without the last of them it is incomplete. */
export class FastCgiResponseEncoder implements ResponseEncoder {
  readonly isUntilClose = false;
  readonly #requestId: number;
  #head = '';

  constructor(requestId: number) {
    this.#requestId = requestId;
  }

  begin(status: string, fields: ResponseFields, framing: Framing): void {
    this.#head = encodeHead('Status: ', status, fields, framing);
  }

  encodeWhole(body: Bytes): Parts {
    return [...this.encodePiece(body), encodeEnd(this.#requestId)];
  }

  encodePiece(piece: Bytes): Parts {
    const head = this.#head;
    this.#head = '';
    return encodeOutput(this.#requestId, head, piece);
  }

  encodeEnd(): string {
    return this.encodePiece(NOTHING).join('') + encodeEnd(this.#requestId);
  }
}

/** A whole response that is text. */
export function encodeText(requestId: number, text: string): string {
  return encodeOutput(requestId, text, NOTHING).join('') + encodeEnd(requestId);
}

/** The end of the stream, and of the request (§6.2). */
function encodeEnd(requestId: number): string {
  return (
    encodeHeader(Type.stdout, requestId, 0) + encodeEndRequest(requestId, EndStatus.requestComplete)
  );
}

/** FCGI_STDOUT of a text and of bytes behind it. */
function encodeOutput(requestId: number, text: string, bytes: Bytes): (string | Bytes)[] {
  const parts: (string | Bytes)[] = [];
  const header = (count: number): string => encodeHeader(Type.stdout, requestId, count);
  let left = text;
  for (; left.length > CONTENT_BYTES_MAX; left = left.slice(CONTENT_BYTES_MAX)) {
    parts.push(header(CONTENT_BYTES_MAX) + left.slice(0, CONTENT_BYTES_MAX));
  }
  for (let offset = 0; left !== '' || offset < bytes.length; left = '') {
    const piece = bytes.subarray(offset, offset + CONTENT_BYTES_MAX - left.length);
    parts.push(header(left.length + piece.length) + left);
    if (piece.length > 0) parts.push(piece);
    offset += piece.length;
  }
  return parts;
}
