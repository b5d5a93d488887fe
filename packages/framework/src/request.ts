import { randomBytes, randomUUID } from 'node:crypto';
import { selectMediaType } from './http/accept.ts';
import { parseTraceParent, type TraceParent } from './http/trace-parent.ts';
import { cgiName } from '@wsgi/wsgi/headers';
import type { Bytes, Environ } from '@wsgi/wsgi';
import { quote, withoutMapping } from '@wsgi/wsgi/url';
import { variable } from '@wsgi/wsgi/environ';
import { cookieSalt, parseCookies } from './cookies.ts';
import type { Form } from './forms/form.ts';
import { mayHaveFiles, readForm } from './forms/multipart.ts';
import { decodeBody, decodeText, parseFields, parseJson, readBody } from './input.ts';
import { settings } from './settings.ts';
import { BadSignature, unsign, type UnsignOptions } from './signing.ts';
import { scriptPrefix } from './urls/script-prefix.ts';
import { validate, type SchemaOutput, type StandardSchema } from './validation.ts';

/** A request as views see it. Everything is read from environ when it is first asked for. */
export class HttpRequest {
  readonly environ: Environ;
  #headers: RequestHeaders | undefined;
  #path: string | undefined;
  #query: URLSearchParams | undefined;
  #cookies: ReadonlyMap<string, string> | undefined;
  #id: string | undefined;
  #signal: AbortSignal | undefined;
  #body: Promise<Bytes> | undefined;
  #form: Promise<Form> | undefined;
  #cspNonce: string | undefined;

  constructor(environ: Environ) {
    this.environ = environ;
  }

  get headers(): RequestHeaders {
    return (this.#headers ??= new RequestHeaders(this.environ));
  }

  get method(): string {
    return variable(this.environ, 'REQUEST_METHOD');
  }

  /** GET or HEAD: nothing is changed by it, and nothing sent with it. */
  get isRead(): boolean {
    return this.method === 'GET' || this.method === 'HEAD';
  }

  /** The path below the script name, decoded: what URL patterns are matched against. */
  get path(): string {
    return (this.#path ??= decodeText(this.#pathInfo || '/'));
  }

  /** Where the application is mounted, decoded: `''` or `/prefix`. */
  get scriptName(): string {
    return settings.FORCE_SCRIPT_NAME ?? decodeText(this.#mountPoint);
  }

  /** The whole path as it stands in a URL, encoded, the script name included. */
  get quotedPath(): string {
    const isForced = settings.FORCE_SCRIPT_NAME !== null;
    return (isForced ? scriptPrefix() : quote(this.#mountPoint)) + quote(this.#pathInfo);
  }

  /** The whole URL that the client asked for. */
  get url(): string {
    const { QUERY_STRING } = this.environ;
    const query = QUERY_STRING && `?${QUERY_STRING}`;
    return `${this.scheme}://${this.host}${this.quotedPath}${query}`;
  }

  /**
   * The query's fields; `get` gives the first of a name, `getAll` all of them.
   *
   * @throws {BadRequest} where it is not UTF-8, or has more than DATA_UPLOAD_MAX_NUMBER_FIELDS.
   */
  get query(): URLSearchParams {
    return (this.#query ??= parseFields(
      decodeText(this.environ.QUERY_STRING),
      settings.DATA_UPLOAD_MAX_NUMBER_FIELDS,
    ));
  }

  get cookies(): ReadonlyMap<string, string> {
    return (this.#cookies ??= parseCookies(this.environ['HTTP_COOKIE'] ?? ''));
  }

  /** A cookie's value as `setSignedCookie` got it, undefined where it was changed, is too old or missing. */
  signedCookie(name: string, options: Omit<UnsignOptions, 'salt'> = {}): string | undefined {
    const text = this.cookies.get(name);
    if (text === undefined) return undefined;
    try {
      return unsign(text, { ...options, salt: cookieSalt(name) });
    } catch (error) {
      if (error instanceof BadSignature) return undefined;
      throw error;
    }
  }

  /**
   * The media type among those offered that the client likes best (RFC 9110 §12.5.1), of equals the
   * one that it names first; undefined where it takes none: a 406, or a reason to send one anyway.
   */
  accepts<const Type extends string>(types: readonly Type[]): Type | undefined {
    return selectMediaType(this.environ['HTTP_ACCEPT'], types);
  }

  /** `https` or `http`, as the trusted proxy says where SECURE_PROXY_SSL_HEADER names one. */
  get scheme(): string {
    const [key, secure] = settings.SECURE_PROXY_SSL_HEADER ?? NO_PAIR;
    const value = key && variable(this.environ, key);
    if (!value) return variable(this.environ, 'wsgi.url_scheme');
    return value.split(',', 1)[0]?.trim() === secure ? 'https' : 'http';
  }

  get isSecure(): boolean {
    return this.scheme === 'https';
  }

  /** The host and port that the client asked for, lower-case. The hosts middleware has checked it. */
  get host(): string {
    const { environ } = this;
    const forwarded = settings.USE_X_FORWARDED_HOST && variable(environ, 'HTTP_X_FORWARDED_HOST');
    return (forwarded || variable(environ, 'HTTP_HOST') || this.#serverHost()).toLowerCase();
  }

  /** The client's address: the peer's, or what the trusted proxy says under USE_X_FORWARDED_FOR. */
  get remoteAddress(): string {
    const forwarded = settings.USE_X_FORWARDED_FOR && this.environ['HTTP_X_FORWARDED_FOR'];
    if (forwarded) return withoutMapping(forwarded.slice(forwarded.lastIndexOf(',') + 1).trim());
    return this.environ.REMOTE_ADDR ?? '';
  }

  /** Names the request in every log: the gateway's id, the proxy's, or a new one. */
  get id(): string {
    return (this.#id ??=
      variable(this.environ, 'gateway.request_id') ??
      validId(variable(this.environ, 'HTTP_X_REQUEST_ID')) ??
      randomUUID());
  }

  /** The trace that it is part of, as whoever sent it says in `traceparent`. */
  get traceParent(): TraceParent | undefined {
    return parseTraceParent(this.environ['HTTP_TRACEPARENT']);
  }

  /** Aborts when the client goes away. */
  get signal(): AbortSignal {
    return (this.#signal ??= this.environ['gateway.signal']?.() ?? new AbortController().signal);
  }

  /**
   * Allows scripts and styles in the page that carry it, as in `<script nonce="${request.cspNonce}">`,
   * where the policy names CSP_NONCE. Ask for it before the response is returned.
   */
  get cspNonce(): string {
    return (this.#cspNonce ??= randomBytes(16).toString('base64'));
  }

  /** Whether `cspNonce` was asked for. */
  get hasCspNonce(): boolean {
    return this.#cspNonce !== undefined;
  }

  /** @throws {PayloadTooLarge} past DATA_UPLOAD_MAX_MEMORY_SIZE. */
  bytes(): Promise<Bytes> {
    if (this.#form && !this.#body && mayHaveFiles(this.environ)) {
      const problem = 'The body was read as a form already: read its bytes before, or not at all.';
      return Promise.reject(new Error(problem));
    }
    return (this.#body ??= readBody(this.environ, settings.DATA_UPLOAD_MAX_MEMORY_SIZE));
  }

  /** @throws {BadRequest} where the body is not UTF-8. */
  async text(): Promise<string> {
    return decodeBody(await this.bytes());
  }

  /**
   * The body's data: with a Standard Schema, such as one of Zod's, what that makes of it, with its type.
   *
   * @throws {BadRequest} where the body is not JSON.
   * @throws {UnprocessableContent} where the schema refuses it, field by field.
   */
  json(): Promise<unknown>;
  json<Schema extends StandardSchema>(schema: Schema): Promise<SchemaOutput<Schema>>;
  async json(schema?: StandardSchema): Promise<unknown> {
    const data = parseJson(decodeBody(await this.bytes()));
    return schema === undefined ? data : validate(schema, data);
  }

  /**
   * What an HTML form sent, with its files, which are there until the response is complete.
   *
   * @throws {UnsupportedMediaType} where the body is no form.
   * @throws {BadRequest} where it is broken, or has too many fields or files.
   * @throws {PayloadTooLarge} where the fields are larger than DATA_UPLOAD_MAX_MEMORY_SIZE.
   */
  form(): Promise<Form> {
    return (this.#form ??= readForm(this.environ, this.#body, () => this.bytes()));
  }

  /** Removes the files of the form. The handler does it, once the response is complete. */
  async close(): Promise<void> {
    const form = await this.#form?.catch(() => undefined);
    await form?.removeFiles();
  }

  /** A server that is given `/shop/` as the mount point leaves the slash there, and takes it off the path. */
  get #mountPoint(): string {
    return this.environ.SCRIPT_NAME.replace(/\/$/, '');
  }

  get #pathInfo(): string {
    const path = variable(this.environ, 'PATH_INFO');
    return path === '' || path.startsWith('/') ? path : `/${path}`;
  }

  #serverHost(): string {
    const { environ } = this;
    const forwarded = settings.USE_X_FORWARDED_PORT && environ['HTTP_X_FORWARDED_PORT'];
    const port = forwarded || environ.SERVER_PORT;
    const isDefault = port === (this.isSecure ? '443' : '80');
    return isDefault ? environ.SERVER_NAME : `${environ.SERVER_NAME}:${port}`;
  }
}

/** The request's headers, by names whose case does not count, or all of them. Repeats are joined already. */
export class RequestHeaders implements Iterable<readonly [name: string, value: string]> {
  readonly #environ: Environ;

  constructor(environ: Environ) {
    this.#environ = environ;
  }

  get(name: string): string | undefined {
    const key = cgiName(name);
    if (key === 'CONTENT_TYPE' || key === 'CONTENT_LENGTH') return this.#environ[key] || undefined;
    return key && this.#environ[key];
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** With their names in lower case, as those of the Fetch API. */
  *[Symbol.iterator](): Generator<readonly [name: string, value: string]> {
    for (const [key, value] of Object.entries(this.#environ)) {
      const isHeader =
        key.startsWith('HTTP_') || key === 'CONTENT_TYPE' || key === 'CONTENT_LENGTH';
      if (!isHeader || typeof value !== 'string') continue;
      const name = key
        .replace(/^HTTP_/, '')
        .toLowerCase()
        .replaceAll('_', '-');
      if (this.has(name)) yield [name, value];
    }
  }
}

const NO_PAIR = [undefined, undefined] as const;

function validId(id: string | undefined): string | undefined {
  return id !== undefined && /^[\w.+/=-]{8,128}$/.test(id) ? id : undefined;
}
