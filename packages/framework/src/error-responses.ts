import { ProtocolError } from '@wsgi/wsgi/status';
import type { Awaitable } from '@wsgi/wsgi';
import { plainPage } from './error-pages/page.ts';
import { notFoundPage, technicalPage } from './error-pages/technical-page.ts';
import { asError, HttpError, MethodNotAllowed } from './errors.ts';
import { log } from './logging.ts';
import type { HttpRequest } from './request.ts';
import type { HttpResponse } from './response.ts';
import { settings } from './settings.ts';
import type { ErrorHandler, ErrorHandlers } from './urls/urlconf.ts';

/** One log line, and the page: a technical one under DEBUG, the project's own, or a plain one. */
export function responseForError(
  request: HttpRequest,
  thrown: unknown,
  handlers: ErrorHandlers,
): Awaitable<HttpResponse> {
  // Nobody waits for the answer any more: the server knows what to do.
  if (isAbort(request, thrown)) throw thrown;
  const error = asError(thrown);
  // Of the framework's, or the server's about a body that it cannot go on reading.
  const hasStatus = error instanceof HttpError || error instanceof ProtocolError;
  const status = hasStatus ? error.status : 500;
  logError(request, error, status);
  if (settings.DEBUG && status === 404) return notFoundPage(request, error);
  if (settings.DEBUG && (status === 400 || status >= 500)) {
    return technicalPage(request, error, status);
  }
  const handler = handlers.get(status);
  return handler
    ? projectResponse(handler, request, error, status)
    : plainResponse(request, error, status);
}

/** A failure of ours is an error, a request that was refused a warning; 403, 404 and 405 are everyday. */
function logError(request: HttpRequest, error: Error, status: number): void {
  const { id, method, path } = request;
  const fields = { request_id: id, method, path, status };
  if (status >= 500) log.error({ ...fields, err: error }, 'the request failed');
  else if (![403, 404, 405].includes(status)) log.warn(fields, error.message);
}

/** What the URLconf's own handler answers; one that fails is replaced. */
async function projectResponse(
  handler: ErrorHandler,
  request: HttpRequest,
  error: Error,
  status: number,
): Promise<HttpResponse> {
  try {
    const response = await handler(request, error);
    // A handler that says nothing of the status means the error's.
    if (response.status === 200) response.status = status;
    return response;
  } catch (failure) {
    log.error({ request_id: request.id, err: failure }, `handler${status} failed`);
    return plainResponse(request, error, status);
  }
}

function plainResponse(request: HttpRequest, error: Error, status: number): HttpResponse {
  const response = plainPage(request, error, status);
  if (error instanceof MethodNotAllowed) response.headers.set('Allow', error.allowed.join(', '));
  return response;
}

function isAbort(request: HttpRequest, error: unknown): boolean {
  return (
    error instanceof Error &&
    error.name === 'AbortError' &&
    request.environ['gateway.signal']?.().aborted === true
  );
}
