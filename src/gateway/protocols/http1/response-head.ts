import type { HeaderList } from '../../../wsgi/types.ts';

/** What the server adds to the application's headers (RFC 9112 §6 and §9). */
export interface ConnectionHeaders {
  /** The length of the body; 'chunked' where nobody knows it; undefined where nothing is to be said. */
  readonly framing: number | 'chunked' | undefined;
  readonly connection: 'close' | 'keep-alive' | undefined;
  /** IMF-fixdate (RFC 9110 §5.6.7). */
  readonly date: string;
}

const SERVER = 'gateway';

/** A response head in latin1 (RFC 9112 §4). The status and the headers have been checked. */
export function encodeResponseHead(
  status: string,
  headers: HeaderList,
  added: ConnectionHeaders,
): string {
  let head = `HTTP/1.1 ${status}\r\n`;
  let hasDate = false;
  let hasServer = false;
  for (const [name, value] of headers) {
    head += `${name}: ${value}\r\n`;
    if (name.length === 4) hasDate ||= name.toLowerCase() === 'date';
    else if (name.length === 6) hasServer ||= name.toLowerCase() === 'server';
  }
  // RFC 9110 §6.6.1 and §10.2.4; PEP 3333 leaves both to the server.
  if (!hasDate) head += `Date: ${added.date}\r\n`;
  if (!hasServer) head += `Server: ${SERVER}\r\n`;
  if (typeof added.framing === 'number') head += `Content-Length: ${added.framing}\r\n`;
  else if (added.framing === 'chunked') head += 'Transfer-Encoding: chunked\r\n';
  if (added.connection !== undefined) head += `Connection: ${added.connection}\r\n`;
  return `${head}\r\n`;
}

/** One chunk's size line; the data and CRLF come behind it (RFC 9112 §7.1). */
export function encodeChunkSize(bytes: number): string {
  return `${bytes.toString(16)}\r\n`;
}

export const LAST_CHUNK = '0\r\n\r\n';
export const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
