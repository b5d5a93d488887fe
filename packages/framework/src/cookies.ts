import { parseCookie, stringifySetCookie } from 'cookie';
import { decodePercent, decodeText } from './input.ts';

/** How a cookie is set. */
export interface CookieOptions {
  /** Until then the browser keeps it; without this and `expires`, until it closes. */
  readonly maxAgeSeconds?: number;
  readonly expires?: Date;
  /** Other hosts that get it too; without one, this host alone. */
  readonly domain?: string;
  readonly path?: string;
  /** Whether scripts do not see it. */
  readonly httpOnly?: boolean;
  readonly sameSite?: 'lax' | 'strict' | 'none';
  /** Whether it goes over https alone; without a word, where the request came over https. */
  readonly secure?: boolean;
  readonly partitioned?: boolean;
}

/**
 * The cookies of a Cookie header (RFC 6265 §5.4). Of two with one name the first counts: it has the
 * longer path. What is malformed is left out, and so is `__proto__`: a page of a sister domain can set
 * it for good, so that a refusal would lock the visitor out.
 */
export function parseCookies(header: string): ReadonlyMap<string, string> {
  const cookies = Object.entries(parseCookie(decodeText(header), { decode }));
  const kept = cookies.filter(([name]) => name !== '' && name !== '__proto__');
  return new Map(kept.map(([name, value]) => [name, value ?? '']));
}

/**
 * The value of a Set-Cookie header (RFC 6265 §4.1): for every path, not for scripts, and not for the
 * unsafe requests of other sites, unless the options say otherwise.
 *
 * @throws {TypeError} where the name or an option is malformed, or browsers would drop it.
 */
export function formatSetCookie(name: string, value: string, options: CookieOptions): string {
  const { maxAgeSeconds, ...attributes } = options;
  if (maxAgeSeconds !== undefined && !Number.isSafeInteger(maxAgeSeconds)) {
    throw new TypeError(
      `maxAgeSeconds of cookie '${name}' is ${maxAgeSeconds}: expected a whole number.`,
    );
  }
  const problem = problemOf(name, options);
  if (problem) throw new TypeError(`Cookie '${name}' has ${problem}: browsers drop it.`);
  return stringifySetCookie({
    name,
    value: value.toWellFormed(),
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    // RFC 6265bis §5.7: a browser refuses the one without the other.
    secure: options.sameSite === 'none' || options.partitioned === true || PREFIX.test(name),
    ...attributes,
    ...(maxAgeSeconds !== undefined && { maxAge: maxAgeSeconds }),
  });
}

/** What browsers tell one cookie from another by (RFC 6265 §5.3). */
export function cookieKey(name: string, { domain = '', path = '/' }: CookieOptions): string {
  return JSON.stringify([name, domain.toLowerCase(), path]);
}

const PREFIX = /^__(?:Host|Secure)-/i;

/** RFC 6265bis §4.1.3: what a name promises and the options deny, browsers drop without a word. */
function problemOf(name: string, options: CookieOptions): string | undefined {
  const { secure, domain, path = '/', partitioned, sameSite } = options;
  const mustBeSecure = PREFIX.test(name) || partitioned || sameSite === 'none';
  if (mustBeSecure && secure === false) return 'secure false';
  if (!/^__Host-/i.test(name)) return undefined;
  if (domain !== undefined) return `domain '${domain}'`;
  return path === '/' ? undefined : `path '${path}'`;
}

/** What a cookie's signature is for: its own name alone. */
export function cookieSalt(name: string): string {
  return `cookie:${name}`;
}

// cookie-value = *cookie-octet / ( DQUOTE *cookie-octet DQUOTE ) (RFC 6265 §4.1.1)
function decode(text: string): string {
  return decodePercent(text.replace(/^"([^"]*)"$/, '$1'));
}
