import type { Awaitable } from '@wsgi/wsgi';
import { ProtocolError } from '@wsgi/wsgi/status';
import { messageOf } from './error-pages/fault.ts';
import { negotiatedResponse } from './error-pages/negotiated.ts';
import { plainPage, sentenceFor } from './error-pages/page.ts';
import { notFoundPage, technicalPage, technicalText } from './error-pages/technical-page.ts';
import { asError, DiskFull, HttpError, isDiskFull, UnprocessableContent } from './errors.ts';
import { log } from './logging.ts';
import { whenReady } from './middleware/middleware.ts';
import type { HttpRequest } from './request.ts';
import type { HttpResponse } from './response.ts';
import { maskText } from './secrets.ts';
import { settings } from './settings.ts';
import type { ErrorHandler, ErrorHandlers } from './urls/urlconf.ts';

/** Is told of a fault: what was thrown, and by which request. */
export type ErrorListener = (error: Error, request: HttpRequest) => Awaitable<void>;

/**
 * Tells a listener of each error that is answered 500 or more, behind its line in the log, as what
 * reports errors elsewhere wants to know; to be called from the settings module or a `startup`. The
 * answer does not wait for it, and what it throws is logged.
 *
 * @returns what ends the listening.
 */
export function onError(listener: ErrorListener): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

const listeners = new Set<ErrorListener>();

/** One log line, and the answer: a technical one under DEBUG, the project's own, or a plain one. */
export function responseForError(
  request: HttpRequest,
  thrown: unknown,
  handlers: ErrorHandlers,
): Awaitable<HttpResponse> {
  // Nobody waits for the answer any more: the server knows what to do.
  if (isAbort(request, thrown)) throw thrown;
  // Whoever wrote: the view itself, too.
  const error = isDiskFull(thrown) ? new DiskFull(thrown.path, thrown) : asError(thrown);
  const status = isForClients(error) ? error.status : 500;
  logError(request, error, status);
  if (status >= 500) tellListeners(error, request);
  const response = answer(request, error, status, handlers.get(status));
  if (!(error instanceof HttpError)) return response;
  return whenReady(response, (ready) => {
    for (const entry of Object.entries(error.headers)) ready.headers.setDefault(...entry);
    return ready;
  });
}

function answer(request: HttpRequest, error: Error, status: number, handler?: ErrorHandler) {
  if (settings.DEBUG && (status === 400 || status === 404 || status >= 500)) {
    return technicalResponse(request, error, status);
  }
  return handler
    ? projectResponse(handler, request, error, status)
    : plainResponse(request, error, status);
}

/** Of the framework's, or the server's about a body that it cannot go on reading. */
function isForClients(error: Error): error is HttpError | ProtocolError {
  return error instanceof HttpError || error instanceof ProtocolError;
}

/** A failure of ours is an error, a request that was refused a warning; what is everyday has no line. */
function logError(request: HttpRequest, error: Error, status: number): void {
  const { id, method, path } = request;
  const fields = { request_id: id, method, path, status };
  if (status >= 500) log.error({ ...fields, err: error }, hintOf(error) ?? 'the request failed');
  else if (![403, 404, 405, 422].includes(status)) log.warn(fields, withHint(error));
}

function tellListeners(error: Error, request: HttpRequest): void {
  for (const listener of listeners) void tell(listener, error, request);
}

async function tell(listener: ErrorListener, error: Error, request: HttpRequest): Promise<void> {
  try {
    await listener(error, request);
  } catch (failure) {
    log.error({ request_id: request.id, err: failure }, 'a listener of onError failed');
  }
}

/** For whoever can do something about it. */
function withHint(error: Error): string {
  return [messageOf(error), hintOf(error)].filter(Boolean).join(' ');
}

function hintOf(error: Error): string | undefined {
  return error instanceof HttpError ? error.hint : undefined;
}

/** What the URLconf's own handler answers; one that fails, or leaves it to the framework, is replaced. */
async function projectResponse(
  handler: ErrorHandler,
  request: HttpRequest,
  error: Error,
  status: number,
): Promise<HttpResponse> {
  try {
    const response = await handler(request, error);
    if (response === undefined) return plainResponse(request, error, status);
    // A handler that says nothing of the status means the error's.
    if (response.status === 200) response.status = status;
    return response;
  } catch (failure) {
    log.error({ request_id: request.id, err: failure }, `handler${status} failed`);
    return plainResponse(request, error, status);
  }
}

/** What was thrown for clients to know is told, a fault is not. */
function plainResponse(request: HttpRequest, error: Error, status: number): HttpResponse {
  const detail = isForClients(error) ? error.message : sentenceFor(status);
  return negotiatedResponse(request, {
    status,
    detail,
    problems: error instanceof UnprocessableContent ? error.problems : [],
    page: () => plainPage(request, error, status),
  });
}

function technicalResponse(request: HttpRequest, error: Error, status: number): HttpResponse {
  const detail = maskText(withHint(error));
  if (status === 404) {
    return negotiatedResponse(request, {
      status,
      detail,
      page: () => notFoundPage(request, error),
    });
  }
  const stack = technicalText(request, error);
  const page = () => technicalPage(request, error, status);
  return negotiatedResponse(request, { status, detail, stack, page });
}

function isAbort(request: HttpRequest, error: unknown): boolean {
  return (
    error instanceof Error &&
    error.name === 'AbortError' &&
    request.environ['gateway.signal']?.().aborted === true
  );
}
