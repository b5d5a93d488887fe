/** token = 1*tchar (RFC 9110 §5.6.2), as names of fields are. */
export const TOKEN: RegExp = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * qdtext (RFC 9110 §5.6.4) without HTAB and latin1's control characters; JSON leaves it as it is, too
 * (unescaped, RFC 8259 §7).
 */
export const PLAIN_TEXT: RegExp = /^[\x20\x21\x23-\x5b\x5d-\x7e\xa0-\xff]*$/;

/** Headers about one connection, which are the server's alone (PEP 3333 "Other HTTP Features", RFC 2616 §13.5.1). */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailers',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Whether a response with that code leaves the field, its name in lower case, to the server. RFC 9110 has
 * a 407 tell Proxy-Authenticate (§15.5.8), and a 426 Upgrade (§15.5.22).
 */
export function isConnectionField(name: string, code: number): boolean {
  return HOP_BY_HOP.has(name) && NEEDED_BY_CODE.get(code) !== name;
}

const NEEDED_BY_CODE: ReadonlyMap<number, string> = new Map([
  [407, 'proxy-authenticate'],
  [426, 'upgrade'],
]);

/**
 * The environ key of a request header (RFC 3875 §4.1.18), or `undefined` where the name has a `_`,
 * which would pass for the `-` of another header.
 */
export function cgiName(fieldName: string): CgiName | undefined {
  if (fieldName.includes('_')) return undefined;
  const name = fieldName.toUpperCase().replaceAll('-', '_');
  return name === 'CONTENT_TYPE' || name === 'CONTENT_LENGTH' ? name : `HTTP_${name}`;
}

/** The key of environ for a field. */
export type CgiName = 'CONTENT_TYPE' | 'CONTENT_LENGTH' | `HTTP_${string}`;

/** PEP 3333 "The start_response() Callable": three digits, a space, a reason; never a 1xx, which ends no request. */
export function checkStatus(status: string): void {
  if (typeof status !== 'string') throw new TypeError(`status is not a string: ${show(status)}`);
  if (!FINAL_STATUS.test(status)) {
    throw new Error(`status must be like '200 OK', from 200 to 999: ${show(status)}`);
  }
}

/** @throws for a name that is no token. */
export function checkName(name: string): void {
  if (typeof name !== 'string') throw new TypeError(`header name is not a string: ${show(name)}`);
  if (!TOKEN.test(name)) {
    throw new Error(`header name must be letters, digits and hyphens: ${show(name)}`);
  }
}

/** @throws for what is about the connection. */
export function checkConnectionField(name: string, code: number): void {
  if (isConnectionField(name.toLowerCase(), code)) {
    throw new Error(`header '${name}' is about the connection: leave it to the server`);
  }
}

/** @throws for what could end the line. */
export function checkValue(name: string, value: string): void {
  if (typeof value !== 'string') {
    throw new TypeError(`value of header '${name}' is not a string: ${show(value)}`);
  }
  if (!LATIN1_TEXT.test(value)) {
    throw new Error(
      `value of header '${name}' must be latin1 without control characters: ${show(value)}`,
    );
  }
}

// status-line = HTTP-version SP status-code SP [ reason-phrase ] (RFC 9112 §4)
// without control characters (PEP 3333) and without the interim codes (RFC 9110 §15.2).
const FINAL_STATUS = /^[2-9][0-9]{2} [\x20-\x7e\x80-\xff]*$/;

// field-value (RFC 9110 §5.5), without the HTAB, which is a control character (PEP 3333).
const LATIN1_TEXT = /^[\x20-\x7e\x80-\xff]*$/;

/** A value that is wrong, in an error. */
export function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
