import { statusLine } from '../http/status.ts';
import type { Application, Body, StartResponse } from '../wsgi/types.ts';
import { buildChain } from './middleware/middleware.ts';
import type { Handler, Middleware } from './middleware/middleware.ts';
import { HttpRequest } from './request.ts';
import { HttpResponse } from './response.ts';
import { resolve } from './urls/resolver.ts';
import type { Urlconf } from './urls/urlconf.ts';

/** environ → request → middleware → URL pattern → view → response → start_response and body. */
export function createApplication(
  urlconf: Urlconf,
  middleware: readonly Middleware[],
): Application {
  const getResponse = buildChain(middleware, callView(urlconf));
  return function application(environ, startResponse) {
    const response = getResponse(new HttpRequest(environ));
    return response instanceof Promise
      ? response.then((ready) => send(ready, startResponse))
      : send(response, startResponse);
  };
}

function callView(urlconf: Urlconf): Handler {
  return (request) => {
    const { view, params } = resolve(urlconf, request);
    const response = view(request, params);
    return response instanceof Promise
      ? response.then((ready) => requireResponse(ready, request))
      : requireResponse(response, request);
  };
}

function send(response: HttpResponse, startResponse: StartResponse): Body {
  startResponse(statusLine(response.status), response.headers.list);
  return response.body;
}

function requireResponse(response: unknown, request: HttpRequest): HttpResponse {
  if (response instanceof HttpResponse) return response;
  throw new TypeError(
    `The view for ${request.path} returned ${String(response)}, not an HttpResponse.`,
  );
}
