import type { Awaitable } from '../wsgi/types.ts';
import { ImproperlyConfigured } from './errors.ts';
import type { HttpRequest } from './request.ts';
import type { HttpResponse } from './response.ts';

/**
 * A project's own page for an error: exported by the URLconf's module as `handler400`, `handler403`,
 * `handler404` or `handler500`. Its response has the error's status unless it says another.
 */
export type ErrorHandler = (request: HttpRequest, error: Error) => Awaitable<HttpResponse>;

const STATUSES = [400, 403, 404, 500];

/**
 * Takes the handlers among a URLconf's exports.
 *
 * @throws {ImproperlyConfigured} where a handler is no function.
 */
export function takeErrorHandlers(exports: Record<string, unknown>, moduleName: string): void {
  handlers.clear();
  for (const status of STATUSES) {
    const handler = exports[`handler${status}`];
    if (handler === undefined) continue;
    if (typeof handler !== 'function') {
      throw new ImproperlyConfigured(
        `handler${status} of '${moduleName}' is ${typeof handler}: expected a function of the request and the error.`,
      );
    }
    handlers.set(status, handler as ErrorHandler);
  }
}

export function errorHandler(status: number): ErrorHandler | undefined {
  return handlers.get(status);
}

const handlers = new Map<number, ErrorHandler>();
