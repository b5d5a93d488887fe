import { ProtocolError, reasonPhraseOf } from '../status.ts';
import { uriHost } from '../url.ts';
import type { Application, Awaitable, Body, Bytes, Environ } from '../types.ts';
import { hasBody, headersOf, targetOf, withoutHopByHop } from './environ-request.ts';

/** What the Fetch API calls a request, answered; Hono hands `environ` on as `c.env`. */
export type FetchListener = (request: Request, environ: Environ) => Awaitable<Response>;

/**
 * What answers the Fetch API's requests, as an application: `fetchApplication(app.fetch)` for Hono. It
 * gets the URL below the mount point.
 */
export function fetchApplication(listener: FetchListener): Application {
  return async (environ, startResponse) => {
    const response = await listener(requestOf(environ), environ);
    const { status, statusText, headers, body } = response;
    startResponse(
      `${status} ${statusText || reasonPhraseOf(status)}`,
      withoutHopByHop([...headers]),
    );
    return body === null ? [] : piecesOf(body);
  };
}

function requestOf(environ: Environ): Request {
  return new Request(urlOf(environ), {
    method: environ.REQUEST_METHOD,
    headers: headersOf(environ),
    redirect: 'manual',
    signal: environ['gateway.signal']?.() ?? null,
    ...(hasBody(environ) ? { body: environ['wsgi.input'], duplex: 'half' } : {}),
  });
}

/** @throws {ProtocolError} 400 where the Host cannot stand in a URL, as `1.2.3.256`. */
function urlOf(environ: Environ): URL {
  const { SERVER_NAME, SERVER_PORT } = environ;
  const host = environ['HTTP_HOST'] ?? `${uriHost(SERVER_NAME)}:${SERVER_PORT}`;
  const target = targetOf(environ).replace(/^\*/, '/*');
  const url = URL.parse(`${environ['wsgi.url_scheme']}://${host}${target}`);
  if (url === null) throw new ProtocolError(400, 'malformed Host');
  return url;
}

/** Unlike by the stream's own iterator, it can be left while the next piece is being waited for. */
function piecesOf(stream: ReadableStream<Bytes>): Body {
  const reader = stream.getReader();
  const pieces: AsyncIterator<Bytes> = {
    next: () => reader.read() as Promise<IteratorResult<Bytes>>,
    async return() {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => pieces };
}
