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
 * The description of the setting MIDDLEWARE tells their order, and why it is so.
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
