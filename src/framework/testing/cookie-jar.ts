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
      const [pair = '', ...attributes] = setCookie.split(';');
      const equals = pair.indexOf('=');
      const name = pair.slice(0, equals).trim();
      if (attributes.some(hasRunOut)) this.#values.delete(name);
      else this.#values.set(name, pair.slice(equals + 1).trim());
    }
  }
}

/** RFC 6265 §5.2.1, §5.2.2. */
function hasRunOut(attribute: string): boolean {
  const [name = '', value = ''] = attribute.split('=', 2).map((part) => part.trim().toLowerCase());
  if (name === 'max-age') return Number(value) <= 0;
  return name === 'expires' && Date.parse(value) <= Date.now();
}
