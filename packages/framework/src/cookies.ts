import { parseCookie, stringifySetCookie } from 'cookie';
import { decodePercent, decodeText, refuseUnsafeNames } from './input.ts';

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
 * longer path. What is malformed is left out.
 *
 * @throws {BadRequest} where one is named `__proto__`.
 */
export function parseCookies(header: string): ReadonlyMap<string, string> {
  const cookies = Object.entries(parseCookie(decodeText(header), { decode }));
  refuseUnsafeNames(cookies.map(([name]) => name));
  return new Map(cookies.flatMap(([name, value]) => (name === '' ? [] : [[name, value ?? '']])));
}

/**
 * The value of a Set-Cookie header (RFC 6265 §4.1): for every path, not for scripts, and not for the
 * unsafe requests of other sites, unless the options say otherwise.
 *
 * @throws {TypeError} where the name or an option is malformed.
 */
export function formatSetCookie(name: string, value: string, options: CookieOptions): string {
  const { maxAgeSeconds, ...attributes } = options;
  if (maxAgeSeconds !== undefined && !Number.isSafeInteger(maxAgeSeconds)) {
    throw new TypeError(
      `maxAgeSeconds of cookie '${name}' is ${maxAgeSeconds}: expected a whole number.`,
    );
  }
  return stringifySetCookie({
    name,
    value: value.toWellFormed(),
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    // RFC 6265bis §5.7: a browser refuses the one without the other.
    secure: options.sameSite === 'none',
    ...attributes,
    ...(maxAgeSeconds !== undefined && { maxAge: maxAgeSeconds }),
  });
}

/** What a cookie's signature is for: its own name alone. */
export function cookieSalt(name: string): string {
  return `cookie:${name}`;
}

// cookie-value = *cookie-octet / ( DQUOTE *cookie-octet DQUOTE ) (RFC 6265 §4.1.1)
function decode(text: string): string {
  return decodePercent(text.replace(/^"([^"]*)"$/, '$1'));
}
