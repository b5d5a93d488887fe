import { STATUS_CODES } from 'node:http';
import { inspect } from 'node:util';
import { ProtocolError } from '../http/protocol-error.ts';
import { HttpError, MethodNotAllowed } from './errors.ts';
import { html } from './html.ts';
import { log } from './logging.ts';
import type { Handler } from './middleware/middleware.ts';
import type { HttpRequest } from './request.ts';
import { htmlResponse } from './response.ts';
import type { HttpResponse } from './response.ts';
import { settings } from './settings.ts';

/** A handler whose exceptions, thrown or awaited, become responses. */
export function convertErrors(getResponse: Handler): Handler {
  return (request) => {
    try {
      const response = getResponse(request);
      return response instanceof Promise
        ? response.catch((error: unknown) => responseForError(request, error))
        : response;
    } catch (error) {
      return responseForError(request, error);
    }
  };
}

/** The error's page: a plain one with the request's id, under DEBUG with the message and the stack. */
function responseForError(request: HttpRequest, error: unknown): HttpResponse {
  // Nobody waits for the answer any more: the server knows what to do.
  if (isAbort(request, error)) throw error;
  const status = hasStatus(error) ? error.status : 500;
  logError(request, error, status);
  const response = htmlResponse(errorPage(request, status, error), { status });
  if (error instanceof MethodNotAllowed) response.headers.set('Allow', error.allowed.join(', '));
  return response;
}

/** A failure of ours is an error, a request that was refused a warning; 403, 404 and 405 are everyday. */
function logError(request: HttpRequest, error: unknown, status: number): void {
  const { id, method, path } = request;
  const fields = { request_id: id, method, path, status };
  if (status >= 500) log.error({ ...fields, err: asError(error) }, 'the request failed');
  else if (![403, 404, 405].includes(status)) log.warn(fields, asError(error).message);
}

function errorPage(request: HttpRequest, status: number, error: unknown) {
  const title = `${status} ${STATUS_CODES[status] ?? 'Error'}`;
  return html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>${title}</title>
      <h1>${title}</h1>
      ${settings.DEBUG && html`<pre>${describe(error)}</pre>`}
      <p>Request ${request.id}</p>
    </html> `;
}

function describe(error: unknown): string {
  return hasStatus(error) ? error.message : inspect(error);
}

/** An error of the framework's, or the server's about a body that it cannot go on reading. */
function hasStatus(error: unknown): error is HttpError | ProtocolError {
  return error instanceof HttpError || error instanceof ProtocolError;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(`${inspect(error)} was thrown`);
}

function isAbort(request: HttpRequest, error: unknown): boolean {
  return (
    error instanceof Error &&
    error.name === 'AbortError' &&
    request.environ['gateway.signal']?.aborted === true
  );
}
