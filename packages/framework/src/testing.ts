import { parseSetCookie } from 'cookie';
import { runApplication } from '@wsgi/wsgi/run';
import type { Application } from '@wsgi/wsgi';
import { quote } from '@wsgi/wsgi/url';
import { validator } from '@wsgi/wsgi/validator';
import { settings, settingsSource } from './settings.ts';
import { belowMountPoint, scriptPrefix } from './urls/script-prefix.ts';
import { getWsgiApplication } from './application.ts';
import { testEnviron, type TestRequestOptions } from './testing/environ.ts';
import { ResponseRecorder, type RecordedResponse } from './testing/response-recorder.ts';

export type { TestRequestOptions };

/**
 * A client for tests: it calls the application of the project that SETTINGS_MODULE names, or another
 * one, without a socket. Both sides are held to the contract; cookies stay from one request to the
 * next; what breaks beyond the error pages makes the request reject.
 *
 *     const client = await testClient();
 *     const response = await client.get('/items/7/');
 *     expect(response.status).toBe(200);
 *     expect(response.json()).toEqual({ id: 7, name: 'Item 7' });
 *
 *     await client.post('/sign-in/', { form: { name: 'ann' }, follow: true });
 */
export async function testClient(
  application?: Application,
  options: ClientOptions = {},
): Promise<TestClient> {
  if (application) return new TestClient(application, options);
  const own = await getWsgiApplication();
  return new TestClient(own, { ...options, close: own.close });
}

/** What a test client sends with each request, and closes. */
export interface ClientOptions {
  /** Sent with each request, unless it has its own of the same name. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What `client.close()` awaits: for the project's own application, the end of its LIFESPAN. */
  readonly close?: () => Promise<void>;
}

/** A response as a test sees it: complete. */
export interface TestResponse extends RecordedResponse {
  /** Those that were followed on the way to it. */
  readonly redirects: readonly Redirect[];
}

interface Redirect {
  readonly status: number;
  readonly location: string;
}

/** What a test sends, and whether redirects are followed. */
export interface RequestOptions extends TestRequestOptions {
  /** Goes where redirects lead, as a browser does. */
  readonly follow?: boolean;
}

const MOST_REDIRECTS = 20;

/** The cookies of a test client, by their names; paths and domains do not count. */
export type CookieJar = Map<string, string>;

type Send = (path: string, options?: RequestOptions) => Promise<TestResponse>;

/** Calls an application as a browser would; `testClient` makes one. */
export class TestClient {
  /** What the client sends with each request, and what responses have set. */
  readonly cookies: CookieJar = new Map();
  readonly get: Send = this.#sender('GET');
  readonly head: Send = this.#sender('HEAD');
  readonly options: Send = this.#sender('OPTIONS');
  readonly post: Send = this.#sender('POST');
  readonly put: Send = this.#sender('PUT');
  readonly patch: Send = this.#sender('PATCH');
  readonly delete: Send = this.#sender('DELETE');
  readonly #application: Application;
  readonly #headers: Readonly<Record<string, string>>;
  /** Ends what the application has open: `afterAll(() => client.close())`. */
  readonly close: () => Promise<void>;

  constructor(application: Application, { headers = {}, close }: ClientOptions) {
    this.#application = validator(application);
    this.#headers = headers;
    this.close = close ?? (() => Promise.resolve());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @throws what the application threw beyond its error pages, or a ContractError. */
  async request(method: string, path: string, options: RequestOptions = {}): Promise<TestResponse> {
    let next: NextRequest = { method, path, options };
    const redirects: Redirect[] = [];
    while (redirects.length <= MOST_REDIRECTS) {
      const response = { ...(await this.#send(next)), redirects };
      const { status, location } = response;
      if (!options.follow || location === undefined) return response;
      redirects.push({ status, location });
      next = follow(next.method, response, next.options);
    }
    throw new Error(`More than ${MOST_REDIRECTS} redirects from ${path}.`);
  }

  #sender(method: string): Send {
    return (path, options) => this.request(method, path, options);
  }

  async #send({ method, path, options }: NextRequest): Promise<RecordedResponse> {
    const headers = withoutRepeats(
      { Host: someAllowedHost() },
      this.#headers,
      cookieHeader(this.cookies),
      options.headers,
    );
    const environ = await testEnviron(method, path, { ...options, headers });
    const recorder = new ResponseRecorder(path);
    await runApplication(this.#application, environ, recorder);
    const response = recorder.response();
    takeCookies(this.cookies, response.headers.getSetCookie());
    return response;
  }
}

type HeaderValues = Readonly<Record<string, string>>;

/** Of two with one name, in whichever case, the last one counts. */
function withoutRepeats(...layers: (HeaderValues | undefined)[]): HeaderValues {
  const entries = layers.flatMap((layer) => Object.entries(layer ?? {}));
  const byName = new Map(entries.map((entry) => [entry[0].toLowerCase(), entry]));
  return Object.fromEntries(byName.values());
}

/** The Cookie header, where there are any. */
function cookieHeader(cookies: CookieJar): { Cookie?: string } {
  if (cookies.size === 0) return {};
  return { Cookie: Array.from(cookies, ([name, value]) => `${name}=${value}`).join('; ') };
}

/** Takes what Set-Cookie headers say; one that has run out goes. */
function takeCookies(cookies: CookieJar, setCookies: readonly string[]): void {
  for (const setCookie of setCookies) {
    const { name, value = '', maxAge, expires } = parseSetCookie(setCookie, { decode: String });
    // RFC 6265 §5.3: Max-Age has precedence over Expires.
    const endsAtMs = maxAge === undefined ? expires?.getTime() : Date.now() + maxAge * 1000;
    if (endsAtMs !== undefined && endsAtMs <= Date.now()) cookies.delete(name);
    else cookies.set(name, value);
  }
}

/** RFC 9110 §15.4: 307 and 308 keep the method and the body, the others become a GET. */
function follow(method: string, response: TestResponse, options: RequestOptions): NextRequest {
  const { query: _, form, json, multipart, body, ...others } = options;
  const base = `${options.secure ? 'https' : 'http'}://${someAllowedHost()}`;
  const mountPoint = mountPointOf(options);
  const target = new URL(response.location ?? '', new URL(mountPoint + response.path, base));
  const isRepeated = response.status === 307 || response.status === 308;
  return {
    method: isRepeated || method === 'HEAD' ? method : 'GET',
    path: belowMountPoint(mountPoint, target.pathname) + target.search,
    options: {
      ...others,
      ...(isRepeated && { form, json, multipart, body }),
      headers: { ...options.headers, Host: target.host },
      secure: target.protocol === 'https:',
    },
  };
}

interface NextRequest {
  readonly method: string;
  readonly path: string;
  readonly options: RequestOptions;
}

/** The script name, as it stands in a URL. */
function mountPointOf({ environ }: RequestOptions): string {
  const isForced = settingsSource() !== undefined && settings.FORCE_SCRIPT_NAME !== null;
  return isForced ? scriptPrefix() : quote(environ?.SCRIPT_NAME ?? '');
}

/** The first name that ALLOWED_HOSTS has, so that tests need not change it. */
function someAllowedHost(): string {
  if (settingsSource() === undefined) return 'localhost';
  const [first = 'localhost'] = settings.ALLOWED_HOSTS;
  return first === '*' ? 'localhost' : first.replace(/^\./, '');
}
