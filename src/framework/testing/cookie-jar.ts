import { parseSetCookie } from 'cookie';

/** The cookies of a test client, by their names; paths and domains do not count. */
export type CookieJar = Map<string, string>;

/** The Cookie header, where there are any. */
export function cookieHeader(cookies: CookieJar): { Cookie?: string } {
  if (cookies.size === 0) return {};
  return { Cookie: Array.from(cookies, ([name, value]) => `${name}=${value}`).join('; ') };
}

/** Takes what Set-Cookie headers say; one that has run out goes. */
export function takeCookies(cookies: CookieJar, setCookies: readonly string[]): void {
  for (const setCookie of setCookies) {
    const { name, value = '', maxAge, expires } = parseSetCookie(setCookie, { decode: String });
    // RFC 6265 §5.3: Max-Age has precedence over Expires.
    const endsAtMs = maxAge === undefined ? expires?.getTime() : Date.now() + maxAge * 1000;
    if (endsAtMs !== undefined && endsAtMs <= Date.now()) cookies.delete(name);
    else cookies.set(name, value);
  }
}
