import { statusLine } from '../http/status.ts';
import type { Application, Awaitable, Body, ExcInfo, StartResponse } from '../wsgi/types.ts';
import { ContractError } from '../wsgi/validator/contract-error.ts';
import { responseForError } from './error-responses.ts';
import { mayHaveFiles } from './forms/multipart.ts';
import { buildChain, whenReady, type Handler, type Middleware } from './middleware/middleware.ts';
import { HttpRequest } from './request.ts';
import type { HttpResponse } from './response.ts';
import { resolve, type Urlconf } from './urls/urlconf.ts';

/** environ → request → middleware → URL pattern → view → response → start_response and body. */
export function createApplication(
  urlconf: Urlconf,
  middleware: readonly Middleware[],
): Application {
  const getResponse = buildChain(middleware, callView(urlconf));
  return function application(environ, startResponse) {
    const request = new HttpRequest(environ);
    const body = whenReady(getResponse(request), (response) =>
      send(request, response, startResponse),
    );
    return mayHaveFiles(environ) ? closeAfter(body, request) : body;
  };
}

function callView(urlconf: Urlconf): Handler {
  return (request) => {
    const { view, params } = resolve(urlconf, request);
    return view(request, params);
  };
}

function send(
  request: HttpRequest,
  response: HttpResponse,
  startResponse: StartResponse,
): Awaitable<Body> {
  try {
    start(request, response, startResponse);
    return response.body;
  } catch (error) {
    return sendInstead(request, response, startResponse, error);
  }
}

function start(
  request: HttpRequest,
  response: HttpResponse,
  startResponse: StartResponse,
  excInfo?: ExcInfo,
): void {
  if (response.hasCookiesToSecure && request.isSecure) response.secureCookies();
  startResponse(statusLine(response.status), response.headers.list, excInfo);
}

/** A status or headers that the server refuses are a fault like any other (PEP 3333 "Error Handling"). */
async function sendInstead(
  request: HttpRequest,
  refused: HttpResponse,
  startResponse: StartResponse,
  error: unknown,
): Promise<Body> {
  // The validator's word is for whoever tests the application.
  if (error instanceof ContractError) throw error;
  await refused.body.close?.();
  const response = await responseForError(request, error);
  start(request, response, startResponse, [error]);
  return response.body;
}

/** The server closes the body after the response, however that ends (PEP 3333 "Specification Details"). */
async function closeAfter(body: Awaitable<Body>, request: HttpRequest): Promise<Body> {
  try {
    const ready = await body;
    const closeBody = ready.close?.bind(ready);
    return Object.assign(ready, {
      async close() {
        try {
          await closeBody?.();
        } finally {
          await request.close();
        }
      },
    });
  } catch (error) {
    await request.close();
    throw error;
  }
}
