import type { ProtocolError } from '../../http/protocol-error.ts';
import { statusLine } from '../../http/status.ts';
import { writeFields, type ResponseFields } from '../../wsgi/response-fields.ts';
import { encodeResponseHead } from '../protocols/http1/response-head.ts';

export const PLAIN_TEXT: ResponseFields = writeFields([
  ['Content-Type', 'text/plain; charset=utf-8'],
]);
const RETRY_SOON = writeFields([['Retry-After', '1']]);

/** The answer to what cannot be served; to HEAD without its content (RFC 9110 §9.3.2). */
export function encodeRefusal(
  error: ProtocolError,
  method: string | undefined,
  date: string,
): string {
  const status = statusLine(error.status);
  const text = `${status.slice('400 '.length)}: ${error.message}\n`;
  const added = { framing: text.length, connection: 'close', date } as const;
  const head = encodeResponseHead(status, PLAIN_TEXT, added);
  return method === 'HEAD' ? head : head + text;
}

/** The answer that there is too much to do: as short as can be. */
export function encodeOverload(
  connection: 'close' | 'keep-alive' | undefined,
  date: string,
): string {
  return encodeResponseHead(statusLine(503), RETRY_SOON, { framing: 0, connection, date });
}
