import type { Awaitable } from '@wsgi/wsgi';
import { ImproperlyConfigured } from './errors.ts';
import type { HttpRequest } from './request.ts';
import type { HttpResponse } from './response.ts';

/**
 * A project's own page for an error: exported by the URLconf's module as `handler400`, `handler403`,
 * `handler404` or `handler500`. Its response has the error's status unless it says another.
 */
export type ErrorHandler = (request: HttpRequest, error: Error) => Awaitable<HttpResponse>;

/** By the statuses that they answer. */
export type ErrorHandlers = ReadonlyMap<number, ErrorHandler>;

const STATUSES = [400, 403, 404, 500];

/**
 * The handlers among a URLconf's exports.
 *
 * @throws {ImproperlyConfigured} where a handler is no function.
 */
export function errorHandlersOf(
  exports: Readonly<Record<string, unknown>>,
  moduleName: string,
): ErrorHandlers {
  const given = STATUSES.map((status) => [status, exports[`handler${status}`]] as const);
  const handlers = given.filter(([, handler]) => handler !== undefined);
  for (const [status, handler] of handlers) {
    if (typeof handler === 'function') continue;
    throw new ImproperlyConfigured(
      `handler${status} of '${moduleName}' is ${typeof handler}: expected a function of the request and the error.`,
    );
  }
  return new Map(handlers as [number, ErrorHandler][]);
}
