import { tmpdir } from 'node:os';
import { inspect } from 'node:util';
import { statusLine } from '@wsgi/wsgi/status';
import type { Application, Awaitable, Body, ExcInfo, StartResponse } from '@wsgi/wsgi';
import { ContractError } from '@wsgi/wsgi/validator/contract';
import { checkSettings, checkUrlconf } from './checks/project.ts';
import { loadErrorPage } from './error-pages/technical-page.ts';
import { responseForError } from './error-responses.ts';
import { ImproperlyConfigured } from './errors.ts';
import { speaksForAll } from './first-worker.ts';
import { clearAbandonedUploads } from './forms/abandoned-uploads.ts';
import { mayHaveFiles } from './forms/multipart.ts';
import { enterLifespan } from './lifespan.ts';
import { log, setUpLogging } from './logging.ts';
import { whenReady, type Handler, type Middleware } from './middleware/middleware.ts';
import { HttpRequest } from './request.ts';
import { HttpResponse } from './response.ts';
import { loadSettings, settings, settingsSource } from './settings.ts';
import { permitMadeKey } from './signing.ts';
import { loadUrlconf, resolve, type Urlconf } from './urls/urlconf.ts';

/**
 * The WSGI application of the project whose settings SETTINGS_MODULE names. Everything that can be
 * wrong with the settings, the URLconf or the middleware is found here, before the first request, and
 * the LIFESPAN begins.
 *
 * @throws {ImproperlyConfigured} saying what is wrong and what is expected.
 */
export function getWsgiApplication(): Promise<WsgiApplication> {
  return loadProject().catch(explainFailure);
}

/** `close` is awaited by what serves it, behind the last response: it ends the LIFESPAN. */
export type WsgiApplication = Application & { readonly close: () => Promise<void> };

async function loadProject(): Promise<WsgiApplication> {
  await loadSettings();
  setUpLogging();
  permitMadeKey();
  await clearAbandonedUploads(settings.FILE_UPLOAD_TEMP_DIR ?? tmpdir());
  const urlconf = await loadUrlconf(settings.ROOT_URLCONF);
  if (speaksForAll()) tellOfMistakes(urlconf);
  const application = createApplication(urlconf, settings.MIDDLEWARE);
  return Object.assign(application, { close: await enterLifespan() });
}

/** What nothing fails for, and `check` would say too. */
function tellOfMistakes(urlconf: Urlconf): void {
  for (const { id, message, hint } of [...checkSettings(), ...checkUrlconf(urlconf)]) {
    if (!settings.SILENCED_SYSTEM_CHECKS.includes(id)) log.warn({ check: id, hint }, message);
  }
}

/**
 * The variable RUNSERVER is set by the command of that name: under DEBUG the browser shows what keeps
 * the project from loading, until a change starts a process with a mended one. The terminal is told too.
 */
function explainFailure(error: unknown): WsgiApplication {
  const isDebug = settingsSource() === undefined || settings.DEBUG;
  if (!process.env['RUNSERVER'] || !isDebug) throw error;
  process.stderr.write(`The project cannot be loaded.\n${inspect(error)}\n`);
  return Object.assign(loadErrorPage(error), { close: async () => {} });
}

/** environ → request → middleware → URL pattern → view → response → start_response and body. */
export function createApplication(
  urlconf: Urlconf,
  middleware: readonly Middleware[],
): Application {
  const answerError: AnswerError = (request, error) =>
    responseForError(request, error, urlconf.errorHandlers);
  const callView: Handler = (request) => {
    const { view, params } = resolve(urlconf, request);
    return view(request, params);
  };
  const view = convertErrors(callView, (request) => describeView(urlconf, request), answerError);
  const getResponse = buildChain(middleware, view, answerError);
  return function application(environ, startResponse) {
    const request = new HttpRequest(environ);
    const body = whenReady(getResponse(request), (response) =>
      send({ request, startResponse, answerError }, response),
    );
    return mayHaveFiles(environ) ? closeAfter(body, request) : body;
  };
}

type AnswerError = (request: HttpRequest, error: unknown) => Awaitable<HttpResponse>;

/** The chain around the view, built from the last to the first; no layer sees another's exception. */
function buildChain(
  middleware: readonly Middleware[],
  view: Handler,
  answerError: AnswerError,
): Handler {
  return middleware.reduceRight((next, wrap) => {
    const handler: unknown = wrap(next);
    if (handler === next) return next;
    const name = wrap.name || 'a function';
    if (typeof handler === 'function')
      return convertErrors(handler as Handler, () => `middleware ${name}`, answerError);
    throw new ImproperlyConfigured(
      `MIDDLEWARE: ${name} returned ${String(handler)}: expected a function of the request.`,
    );
  }, view);
}

/** By its name, which a function in its place may lack, and its pattern. */
function describeView(urlconf: Urlconf, request: HttpRequest): string {
  const { view, pattern } = resolve(urlconf, request);
  return ['view', view.name, `of '${pattern.source}'`].filter(Boolean).join(' ');
}

/**
 * A handler whose exceptions, thrown or awaited, become responses, as what is no response does.
 *
 * @param what the handler is, for whoever forgot a `return` in it.
 */
function convertErrors(
  handler: Handler,
  what: (request: HttpRequest) => string,
  answerError: AnswerError,
): Handler {
  const checked = (request: HttpRequest, response: unknown): Awaitable<HttpResponse> => {
    if (response instanceof HttpResponse) return response;
    const problem = `The ${what(request)} for ${request.path} returned ${String(response)}, not an HttpResponse.`;
    return answerError(request, new TypeError(problem));
  };
  return (request) => {
    try {
      const response = handler(request);
      if (response instanceof HttpResponse) return response;
      if (!(response instanceof Promise)) return checked(request, response);
      return response.then(
        (ready) => checked(request, ready),
        (error: unknown) => answerError(request, error),
      );
    } catch (error) {
      return answerError(request, error);
    }
  };
}

interface Exchange {
  readonly request: HttpRequest;
  readonly startResponse: StartResponse;
  readonly answerError: AnswerError;
}

function send(exchange: Exchange, response: HttpResponse): Awaitable<Body> {
  try {
    start(exchange, response);
    return response.body;
  } catch (error) {
    return sendInstead(exchange, response, error);
  }
}

function start(exchange: Exchange, response: HttpResponse, excInfo?: ExcInfo): void {
  const { request, startResponse } = exchange;
  if (response.hasCookiesToSecure && request.isSecure) response.secureCookies();
  startResponse(statusLine(response.status), response.headers.list, excInfo);
}

/** A status or headers that the server refuses are a fault like any other (PEP 3333 "Error Handling"). */
async function sendInstead(
  exchange: Exchange,
  refused: HttpResponse,
  error: unknown,
): Promise<Body> {
  // The validator's word is for whoever tests the application.
  if (error instanceof ContractError) throw error;
  await refused.body.close?.();
  const response = await exchange.answerError(exchange.request, error);
  start(exchange, response, [error]);
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
