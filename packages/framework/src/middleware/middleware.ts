import type { Awaitable } from '@wsgi/wsgi';
import type { HttpRequest } from '../request.ts';
import type { HttpResponse } from '../response.ts';

/** Answers a request. Synchronous where nothing is waited for. */
export type Handler = (request: HttpRequest) => Awaitable<HttpResponse>;

/**
 * Wraps the rest of the chain; called once, at the start, when settings are there to be read.
 *
 * What it returns gets each request on its way in and the response on its way out. It answers itself
 * by returning a response or throwing an error (`NotFound`, `PermissionDenied`…), passes on by calling
 * `getResponse`, and changes responses by `whenReady`, or by being async. An error from within
 * arrives as a response, so every layer sees every answer. One that has nothing to do under these
 * settings returns `getResponse` itself, and costs nothing.
 *
 * The order of MIDDLEWARE is the order on the way in:
 * 1. `requestId`: the log lines of all that follow carry the id.
 * 2. `securityHeaders`: every answer gets them, errors and redirects too.
 * 3. `compression`, if at all, then `conditionalGet`, if at all.
 * 4. `health`: before `hosts` and `httpsRedirect`, as probes come with any Host, over http.
 * 5. `hosts`: nothing behind it sees a forged Host.
 * 6. `httpsRedirect`: leads to the Host that was asked for, so behind `hosts`.
 * 7. `crossOriginProtection`: compares Origin with the Host, so behind `hosts`.
 * 8. Yours.
 * 9. `staticFiles`: innermost, so that yours can guard the files too.
 */
export type Middleware = (getResponse: Handler) => Handler;

declare module '../settings.ts' {
  interface Settings {
    readonly MIDDLEWARE: readonly Middleware[];
  }
}

/** Goes on with what may still be on its way, such as a response that a middleware changes; at once where it is there. */
export function whenReady<T, Result>(
  value: Awaitable<T>,
  change: (value: T) => Awaitable<Result>,
): Awaitable<Result> {
  return value instanceof Promise ? value.then(change) : change(value);
}
