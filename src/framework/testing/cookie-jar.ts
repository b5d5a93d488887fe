import { parseSetCookie } from 'cookie';

/** The cookies of a test client, by their names; paths and domains do not count. */
export class CookieJar {
  readonly #values = new Map<string, string>();

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  set(name: string, value: string): void {
    this.#values.set(name, value);
  }

  delete(name: string): void {
    this.#values.delete(name);
  }

  clear(): void {
    this.#values.clear();
  }

  /** The Cookie header, where there are any. */
  header(): { Cookie?: string } {
    if (this.#values.size === 0) return {};
    return { Cookie: Array.from(this.#values, ([name, value]) => `${name}=${value}`).join('; ') };
  }

  /** Takes what Set-Cookie headers say; one that has run out goes. */
  take(setCookies: readonly string[]): void {
    for (const setCookie of setCookies) {
      const { name, value = '', maxAge, expires } = parseSetCookie(setCookie, { decode: String });
      // RFC 6265 §5.3: Max-Age has precedence over Expires.
      const endsAtMs = maxAge === undefined ? expires?.getTime() : Date.now() + maxAge * 1000;
      if (endsAtMs !== undefined && endsAtMs <= Date.now()) this.#values.delete(name);
      else this.#values.set(name, value);
    }
  }
}
