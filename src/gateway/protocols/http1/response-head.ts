import type { ResponseFields } from '../../../wsgi/response-fields.ts';

/** What the server adds to the application's headers (RFC 9112 §6 and §9). */
export interface ConnectionHeaders {
  /** The length of the body; 'chunked' where nobody knows it; undefined where nothing is to be said. */
  readonly framing: number | 'chunked' | undefined;
  readonly connection: 'close' | 'keep-alive' | undefined;
  /** IMF-fixdate (RFC 9110 §5.6.7). */
  readonly date: string;
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

/** One chunk's size line; the data and CRLF come behind it (RFC 9112 §7.1). */
export function encodeChunkSize(bytes: number): string {
  return `${bytes.toString(16)}\r\n`;
}

export const LAST_CHUNK = '0\r\n\r\n';
export const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
