import type { Awaitable } from '../../wsgi/types.ts';
import { ImproperlyConfigured } from '../errors.ts';
import { convertErrors } from '../error-responses.ts';
import type { HttpRequest } from '../request.ts';
import type { HttpResponse } from '../response.ts';

/** Answers a request. Synchronous where nothing is waited for. */
export type Handler = (request: HttpRequest) => Awaitable<HttpResponse>;

/** Wraps the rest of the chain; called once, at the start. */
export type Middleware = (getResponse: Handler) => Handler;

/** The chain around `innermost`, built from the last to the first; no layer sees another's exception. */
export function buildChain(middleware: readonly Middleware[], innermost: Handler): Handler {
  return middleware.reduceRight((next, wrap) => {
    const handler: unknown = wrap(next);
    if (typeof handler === 'function') return convertErrors(handler as Handler);
    throw new ImproperlyConfigured(
      `MIDDLEWARE: ${wrap.name || 'a function'} returned ${String(handler)}: expected a function of the request.`,
    );
  }, convertErrors(innermost));
}

/** Lets a middleware change a response that may still be on its way. */
export function whenReady(
  response: Awaitable<HttpResponse>,
  change: (response: HttpResponse) => HttpResponse,
): Awaitable<HttpResponse> {
  return response instanceof Promise ? response.then(change) : change(response);
}
