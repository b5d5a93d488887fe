import { isConnectionField } from '../headers.ts';
import type { HeaderList } from '../types.ts';

/**
 * What a listener answers, as start_response takes it (PEP 3333 "Other HTTP Features"): without what is
 * about the connection, which is the server's, and with a space for each tab, which RFC 9110 §5.5 allows
 * and PEP 3333 does not.
 *
 * @throws for a coding that only the other end of the connection could take off.
 */
export function responseHeaders(code: number, headers: HeaderList): HeaderList {
  return headers.flatMap(([name, value]): HeaderList => {
    const lower = name.toLowerCase();
    if (lower === 'transfer-encoding') requireChunked(value);
    // No trailers come, so none are announced (RFC 9110 §6.6.2).
    const isForClient = lower !== 'trailer' && !isConnectionField(lower, code);
    return isForClient ? [[name, withoutTabs(value)]] : [];
  });
}

export function withoutTabs(text: string): string {
  return text.replaceAll('\t', ' ');
}

function requireChunked(coding: string): void {
  if (coding.toLowerCase() === 'chunked') return;
  throw new Error(
    `Transfer-Encoding: ${coding}: use Content-Encoding, and leave the rest to the server`,
  );
}
