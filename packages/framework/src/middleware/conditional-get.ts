import { hasDirective } from '../http/cache-control.ts';
import { parseHttpDate } from '../http/dates.ts';
import { contentEtag, evaluatePreconditions } from '../http/preconditions.ts';
import type { HttpRequest } from '../request.ts';
import type { HttpResponse } from '../response.ts';
import { whenReady, type Handler } from './middleware.ts';

/**
 * Gives answers to GET an ETag of their content, and spares the client what it has already: 304. The
 * view runs all the same; `conditional` spares that too.
 */
export function conditionalGet(getResponse: Handler): Handler {
  return (request) => {
    if (!request.isRead) return getResponse(request);
    return whenReady(getResponse(request), (response) => {
      if (response.status === 200) answer(request, response);
      return response;
    });
  };
}

function answer(request: HttpRequest, response: HttpResponse): void {
  const { headers } = response;
  const etag = headers.get('ETag') ?? etagOf(response);
  if (etag !== undefined) headers.setDefault('ETag', etag);
  const modified = parseHttpDate(headers.get('Last-Modified') ?? '');
  const result = evaluatePreconditions(request.method, request.headers, { etag, modified }, true);
  if (result === 'failed') withoutBody(response, 412, ['Content-Length', 'Content-Encoding']);
  else if (result === 'not-modified') withoutBody(response, 304, ABOUT_THE_BODY);
}

const ABOUT_THE_BODY = ['Content-Length', 'Content-Encoding', 'Content-Type', 'Content-Language'];

/** What is streamed has none: its bytes are not known before it is sent. */
function etagOf({ body, headers }: HttpResponse): string | undefined {
  if (!Array.isArray(body) || hasDirective(headers.get('Cache-Control') ?? '', 'no-store')) {
    return undefined;
  }
  const [content = new Uint8Array()] = body as Uint8Array[];
  // The answer to HEAD may have the length alone.
  if (content.length === 0 && (headers.get('Content-Length') ?? '0') !== '0') return undefined;
  return contentEtag(content);
}

/** What the body holds open is still closed. */
function withoutBody(response: HttpResponse, status: number, dropped: readonly string[]): void {
  const { body } = response;
  response.status = status;
  response.body = Object.assign([], { close: () => body.close?.() });
  for (const name of dropped) response.headers.delete(name);
}
