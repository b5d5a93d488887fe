import { HOP_BY_HOP } from '../headers.ts';
import { ProtocolError, reasonPhraseOf } from '../status.ts';
import type {
  Application,
  Awaitable,
  Body,
  Bytes,
  Environ,
  HeaderList,
  StartResponse,
} from '../types.ts';
import { uriHost } from '../url.ts';
import { fieldLinesOf, hasBody, targetOf } from './environ-request.ts';
import { responseHeaders, withoutTabs } from './listener-response.ts';
import { StreamBody } from './stream-body.ts';

const EMPTY: Bytes = new Uint8Array(0);

/** What the Fetch API calls a request, answered; Hono hands `environ` on as `c.env`. */
export type FetchListener = (request: Request, environ: Environ) => Awaitable<Response>;

/**
 * What answers the Fetch API's requests, as an application: `fetchApplication(app.fetch)` for Hono. It
 * gets the URL below the mount point. What a `Request` cannot carry: the content of GET and HEAD, which
 * stays in `wsgi.input`; TRACE and CONNECT and methods that it would fold to upper case, which are 501.
 */
export function fetchApplication(listener: FetchListener): Application {
  return async (environ, startResponse) => {
    const input = new ClientInput(environ);
    const response = await listener(requestOf(environ, input), environ);
    // A framework that catches what reading throws makes a fault of its own of it.
    if (response.status >= 500 && input.fault !== undefined) throw input.fault;
    if (CLOSE.test(response.headers.get('connection') ?? '')) {
      environ['gateway.close_connection']?.();
    }
    return answer(response, startResponse);
  };
}

// connection-option = token (RFC 9110 §7.6.1)
const CLOSE = /\bclose\b/i;

/** The body of a request; it remembers what the client did wrong. */
class ClientInput implements AsyncIterable<Bytes> {
  fault: ProtocolError | undefined;
  readonly #environ: Environ;

  constructor(environ: Environ) {
    this.#environ = environ;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Bytes> {
    try {
      yield* this.#environ['wsgi.input'];
    } catch (error) {
      if (error instanceof ProtocolError) this.fault = error;
      throw error;
    }
  }
}

/** @throws {ProtocolError} 400, 501. */
function requestOf(environ: Environ, input: ClientInput): Request {
  const { REQUEST_METHOD: method } = environ;
  if (!isCarried(method)) throw new ProtocolError(501, `${method} is not supported`);
  const isSent = method !== 'GET' && method !== 'HEAD' && hasBody(environ);
  return new Request(urlOf(environ), {
    method,
    headers: headersOf(environ),
    redirect: 'manual',
    signal: environ['gateway.signal']?.() ?? null,
    ...(isSent ? { body: input, duplex: 'half' } : {}),
  });
}

/** Fetch Standard "Methods": what a Request refuses, or folds to upper case. */
function isCarried(method: string): boolean {
  const upper = method.toUpperCase();
  return !FORBIDDEN.has(upper) && (upper === method || !NORMALIZED.has(upper));
}

const FORBIDDEN: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK']);
const NORMALIZED: ReadonlySet<string> = new Set([
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'POST',
  'PUT',
]);

/** Without those that the server in front has dealt with: its connection, and what the client expects. */
function headersOf(environ: Environ): HeaderList {
  return fieldLinesOf(environ).filter(([name]) => {
    const lower = name.toLowerCase();
    return !HOP_BY_HOP.has(lower) && lower !== 'expect';
  });
}

/** @throws {ProtocolError} 400 where the Host cannot stand in a URL, as `1.2.3.256`. */
function urlOf(environ: Environ): URL {
  const target = targetOf(environ).replace(/^\*/, '/*');
  const url = URL.parse(`${environ['wsgi.url_scheme']}://${hostOf(environ)}${target}`);
  if (url === null || url.username !== '' || url.password !== '') {
    throw new ProtocolError(400, 'malformed Host');
  }
  return url;
}

/** Without a Host, as HTTP/1.0 allows it, the server's own name; a unix socket has none. */
function hostOf({ HTTP_HOST, SERVER_NAME, SERVER_PORT }: Environ): string {
  if (HTTP_HOST) return HTTP_HOST;
  return SERVER_NAME.startsWith('/') ? 'localhost' : `${uriHost(SERVER_NAME)}:${SERVER_PORT}`;
}

async function answer(response: Response, startResponse: StartResponse): Promise<Body> {
  const { status, statusText, headers, body } = response;
  const reason = withoutTabs(statusText || reasonPhraseOf(status));
  const write = startResponse(`${status} ${reason}`, responseHeaders(status, [...headers]));
  if (body === null) return [];
  const pieces = new StreamBody(body);
  await pieces.readReady();
  if (pieces.isWhole) return pieces.ready;
  // The head does not wait for a body that is made later.
  if (pieces.ready.length === 0) void write(EMPTY);
  return pieces;
}
