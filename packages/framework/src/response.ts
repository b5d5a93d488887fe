// The global one is looked up anew at each use.
import { Buffer } from 'node:buffer';
import { forbidsBody } from '@wsgi/wsgi/status';
import type { Body, Bytes, HeaderList } from '@wsgi/wsgi';
import { BadRequest } from './errors.ts';
import { cookieKey, cookieSalt, formatSetCookie, type CookieOptions } from './cookies.ts';
import { Html } from './html.ts';
import type { HttpRequest } from './request.ts';
import { sign } from './signing.ts';

/** Pieces of a streamed body; text is sent as UTF-8. */
export type Chunks = Iterable<string | Bytes> | AsyncIterable<string | Bytes>;

/** A response's status, headers and media type. */
export interface ResponseInit {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly contentType?: string;
}

/** What a view returns: status, headers, and a body that is either whole or a stream. */
export class HttpResponse {
  status: number;
  readonly headers: ResponseHeaders = new ResponseHeaders();
  body: Body;
  #cookies: Map<string, SetCookie> | undefined;

  /** A string or bytes go out whole, with Content-Length; anything else is streamed. */
  constructor(content: string | Bytes | Chunks = '', init: ResponseInit = NO_INIT) {
    this.status = init.status ?? 200;
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const isWhole = bytes instanceof Uint8Array;
    if (!isWhole && !isIterable(bytes)) {
      throw unexpected('HttpResponse', bytes, 'text, bytes or an iterable of both');
    }
    if (!forbidsBody(this.status)) {
      this.headers.list.push(['Content-Type', init.contentType ?? 'text/plain; charset=utf-8']);
      if (isWhole) this.headers.list.push(['Content-Length', String(bytes.length)]);
    }
    this.body = isWhole ? wholeBody(bytes) : new StreamedBody(bytes);
    for (const name in init.headers) this.headers.set(name, init.headers[name] ?? '');
  }

  /**
   * Adds a cookie, for every path and hidden from scripts; Secure where the request came over https. It
   * takes the place of one with its name, domain and path.
   *
   * @throws {TypeError} where browsers would drop it: `__Host-` with a domain, and the like.
   */
  setCookie(name: string, value: string, options: CookieOptions = {}): void {
    const text = formatSetCookie(name, value, options);
    const isOpen = options.secure === undefined && !/; Secure(?:;|$)/.test(text);
    const cookies = (this.#cookies ??= new Map());
    const key = cookieKey(name, options);
    const header = cookies.get(key)?.header ?? ['Set-Cookie', ''];
    header[1] = text;
    if (!this.headers.list.includes(header)) this.headers.list.push(header);
    cookies.set(key, { header, isOpen });
  }

  /** Adds a cookie that the client can read, and cannot change without `request.signedCookie` telling. */
  setSignedCookie(name: string, value: string, options: CookieOptions = {}): void {
    this.setCookie(name, sign(value, { salt: cookieSalt(name) }), options);
  }

  /** Makes the browser forget a cookie; the options must be those that it was set with. */
  deleteCookie(
    name: string,
    options: Pick<CookieOptions, 'path' | 'domain' | 'secure' | 'sameSite' | 'partitioned'> = {},
  ): void {
    this.setCookie(name, '', { ...options, maxAgeSeconds: 0, expires: new Date(0) });
  }

  /** Says that the answer depends on these request headers, beside those that it names already. */
  varyOn(...names: readonly string[]): this {
    const listed = this.headers.get('Vary') ?? '';
    const known = listed.toLowerCase().split(/[\s,]+/);
    const missing = names.filter((name) => !known.includes(name.toLowerCase()));
    if (missing.length > 0 && !known.includes('*')) {
      this.headers.set('Vary', [...(listed ? [listed] : []), ...missing].join(', '));
    }
    return this;
  }

  /** Keeps every cache from storing it, the browser's own too. */
  neverCache(): this {
    this.headers.set('Cache-Control', 'no-store, private');
    return this;
  }

  /** Marks the cookies that say nothing about it as Secure. The handler does it for what came over https. */
  secureCookies(): void {
    for (const { header, isOpen } of this.#cookies?.values() ?? []) {
      if (isOpen) header[1] += '; Secure';
    }
  }

  get hasCookiesToSecure(): boolean {
    return this.#cookies !== undefined;
  }
}

interface SetCookie {
  readonly header: HeaderList[number];
  readonly isOpen: boolean;
}

/** The header list of PEP 3333, read and changed by names whose case does not count. */
class ResponseHeaders {
  readonly list: HeaderList = [];

  get(name: string): string | undefined {
    return this.list[this.#indexOf(name)]?.[1];
  }

  has(name: string): boolean {
    return this.#indexOf(name) !== -1;
  }

  set(name: string, value: string): void {
    const index = this.#indexOf(name);
    if (index === -1) {
      this.list.push([name, value]);
      return;
    }
    this.delete(name);
    this.list.splice(index, 0, [name, value]);
  }

  /** Adds the header where it is missing. */
  setDefault(name: string, value: string): void {
    if (!this.has(name)) this.append(name, value);
  }

  append(name: string, value: string): void {
    this.list.push([name, value]);
  }

  delete(name: string): void {
    for (let index = this.#indexOf(name); index !== -1; index = this.#indexOf(name)) {
      this.list.splice(index, 1);
    }
  }

  #indexOf(name: string): number {
    const { list } = this;
    for (let index = 0; index < list.length; index++) {
      const header = list[index];
      if (header !== undefined && isSameName(header[0], name)) return index;
    }
    return -1;
  }
}

/** What streams can do besides being read: those of Node, those of the web, generators. */
interface Closable {
  on?(event: 'error', listener: () => void): unknown;
  destroy?(): unknown;
  cancel?(): Promise<unknown>;
  return?(): unknown;
}

/** A body that ends its source when it is closed, also where nobody has begun to read it. */
class StreamedBody implements AsyncIterable<Bytes> {
  readonly #source: Chunks & Closable;
  #isBegun = false;

  constructor(source: Chunks) {
    this.#source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Bytes> {
    this.#isBegun = true;
    for await (const chunk of this.#source) {
      yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    }
  }

  /** What was begun ends with its loop; a stream of Node also where the loop still waits for a piece. */
  async close(): Promise<void> {
    const source = this.#source;
    // Nobody else hears of what is no longer wanted, such as a file that cannot be opened.
    source.on?.('error', () => {});
    source.destroy?.();
    if (this.#isBegun) return;
    await source.cancel?.();
    await source.return?.();
  }
}

/**
 * A page that `html` made.
 *
 * @throws {TypeError} for what no `html` made, such as a promise of it.
 */
export function htmlResponse(page: Html, init: ResponseInit = NO_INIT): HttpResponse {
  if (!(page instanceof Html)) throw unexpected('htmlResponse', page, 'what html`…` gives');
  return new HttpResponse(page.toString(), { contentType: 'text/html; charset=utf-8', ...init });
}

/**
 * Data as JSON.
 *
 * @throws {TypeError} where JSON has no text for it: a promise, undefined, a function, a symbol.
 */
export function jsonResponse(data: unknown, init: ResponseInit = NO_INIT): HttpResponse {
  refusePromise(data);
  const text = JSON.stringify(data) as string | undefined;
  if (text === undefined)
    throw new TypeError(`JSON has no text for a value of type ${typeof data}.`);
  // As which JSON writes a promise; few texts have it, and only those are looked through.
  if (text.includes('{}')) visit(data, refusePromise);
  return new HttpResponse(text, { contentType: 'application/json', ...init });
}

/**
 * Sends the client elsewhere: 302, unless the status says otherwise.
 *
 * @throws {BadRequest} for another site without its scheme, `//evil.example`, and for a scheme other than
 * http, https and ftp: the place may be a client's word. `isOwnUrl` tells whether it is on this site.
 */
export function redirect(location: string, init: ResponseInit = NO_INIT): HttpResponse {
  if (/^\s*[/\\]{2}/.test(location)) {
    throw new BadRequest('A redirect to another site names its scheme.');
  }
  const [, scheme] = SCHEME.exec(location) ?? [];
  if (scheme !== undefined && !REDIRECT_SCHEMES.has(scheme.toLowerCase())) {
    throw new BadRequest(`A redirect does not lead to '${scheme}:'.`);
  }
  const response = new HttpResponse('', { status: 302, ...init });
  response.headers.set('Location', encodeLocation(location));
  return response;
}

/** The same request elsewhere, with its query: 308 keeps the method and the body of what is not safe (RFC 9110 §15.4.9). */
export function moved(request: HttpRequest, location: string): HttpResponse {
  const query = request.environ.QUERY_STRING;
  return redirect(query ? `${location}?${query}` : location, {
    status: request.isRead ? 301 : 308,
  });
}

/** Most are written the same way, or differ in their length or their first letter already. */
function isSameName(one: string, other: string): boolean {
  if (one === other) return true;
  if (one.length !== other.length) return false;
  // ASCII letters differ in one bit from the other case.
  if ((one.charCodeAt(0) | 0x20) !== (other.charCodeAt(0) | 0x20)) return false;
  return one.toLowerCase() === other.toLowerCase();
}

const NO_INIT: ResponseInit = {};

// scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) (RFC 3986 §3.1); browsers skip blanks before it
const SCHEME = /^[\s\0-\x20]*([A-Za-z][A-Za-z0-9+.-]*):/;
/** Django's. */
const REDIRECT_SCHEMES: ReadonlySet<string> = new Set(['http', 'https', 'ftp']);

// The compiler knows; `npm run dev` does not ask it.
function unexpected(what: string, value: unknown, expected: string): TypeError {
  const advice = value instanceof Promise ? 'await it first' : `expected ${expected}`;
  return new TypeError(`${what} got ${Object.prototype.toString.call(value)}: ${advice}.`);
}

function refusePromise(value: unknown): void {
  if (value instanceof Promise) throw unexpected('jsonResponse', value, 'a value');
}

/** All that lies in a value, however deep, but for what turns itself into JSON. */
function visit(value: unknown, look: (value: unknown) => void): void {
  const seen = new Set<unknown>();
  const queue = [value];
  while (queue.length > 0) {
    const next = queue.pop();
    if (typeof next !== 'object' || next === null || seen.has(next) || 'toJSON' in next) continue;
    look(next);
    seen.add(next);
    for (const item of Object.values(next)) queue.push(item);
  }
}

function isIterable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Symbol.iterator in value || Symbol.asyncIterator in value;
}

function wholeBody(bytes: Bytes): Body {
  return bytes.length === 0 ? [] : [bytes];
}

// A URI has visible ASCII alone (RFC 3986 §2); what is encoded already stays as it is.
function encodeLocation(location: string): string {
  return location.toWellFormed().replaceAll(/[^\x21-\x7e]+/g, encodeURIComponent);
}
