import type { IncomingMessage } from 'node:http';
import type { HeaderList } from '../wsgi/types.ts';

/** The header fields of Node's message, as they came. */
export function headersOfMessage({ rawHeaders }: IncomingMessage): HeaderList {
  const headers: HeaderList = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers.push([rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '']);
  }
  return headers;
}
