import { HOP_BY_HOP } from '../headers.ts';
import type { Environ, HeaderList } from '../types.ts';
import { quote } from '../url.ts';

/** The request target below the mount point, as it came where that is known: origin-form or `*`. */
export function targetOf({ SCRIPT_NAME, PATH_INFO, QUERY_STRING, RAW_URI = '' }: Environ): string {
  if (SCRIPT_NAME === '' && TARGET.test(RAW_URI)) return RAW_URI;
  return (quote(PATH_INFO) || '/') + (QUERY_STRING === '' ? '' : `?${QUERY_STRING}`);
}

/**
 * The header fields of the request, their names in lower case, without those that the server in front
 * has dealt with: its connection, and what the client expects.
 */
export function headersOf(environ: Environ): HeaderList {
  const headers = Object.entries(environ).flatMap(([key, value]): HeaderList => {
    const name = fieldName(key);
    return name === undefined || typeof value !== 'string' ? [] : [[name, value]];
  });
  if (environ.CONTENT_TYPE !== '') headers.push(['content-type', environ.CONTENT_TYPE]);
  if (environ.CONTENT_LENGTH !== '') headers.push(['content-length', environ.CONTENT_LENGTH]);
  return headers;
}

/** Whether the head announces a body (RFC 9112 §6), which may still turn out to be empty. */
export function hasBody(environ: Environ): boolean {
  return environ.CONTENT_LENGTH !== '' || environ['HTTP_TRANSFER_ENCODING'] !== undefined;
}

/** PEP 3333 "Other HTTP Features": the connection of a response is the server's alone. */
export function withoutHopByHop(headers: HeaderList): HeaderList {
  return headers.filter(([name]) => !HOP_BY_HOP.has(name.toLowerCase()));
}

/** `x-request-id` of `HTTP_X_REQUEST_ID`. */
function fieldName(key: string): string | undefined {
  if (!key.startsWith('HTTP_')) return undefined;
  const name = key.slice('HTTP_'.length).toLowerCase().replaceAll('_', '-');
  return HOP_BY_HOP.has(name) || name === 'expect' ? undefined : name;
}

// origin-form and asterisk-form (RFC 9112 §3.2)
const TARGET = /^(?:\/|\*$)/;
