/**
 * What a project imports day to day, as `@wsgi/framework`. The settings, commands and tests have
 * modules of their own: `settings.ts`, `commands.ts`, `testing.ts`.
 */

// The application
export { getWsgiApplication, type WsgiApplication } from './application.ts';
export type { Lifespan } from './lifespan.ts';
export { log } from './logging.ts';

// URLs
export {
  allowMethods,
  include,
  path,
  type UrlPattern,
  type View,
  type ViewsByMethod,
} from './urls/path.ts';
export { registerConverter, type Converter, type ConverterTypes } from './urls/pattern.ts';
export { absoluteUrl, isOwnUrl } from './urls/own-url.ts';
export { lazyReverse, reverse } from './urls/reverse.ts';

// Requests
export type { Form, UploadedFile } from './forms/form.ts';
export type { TraceParent } from './http/trace-parent.ts';
export { HttpRequest, type RequestHeaders } from './request.ts';
export { validate, type SchemaOutput, type StandardSchema } from './validation.ts';

// Responses
export { conditional } from './conditional.ts';
export type { CookieOptions } from './cookies.ts';
export { eventStream, type EventStreamOptions, type ServerSentEvent } from './event-stream.ts';
export { fileResponse, type FileOptions } from './files/file-response.ts';
export { html, Html, jsonScript, raw, type Renderable } from './html.ts';
export { listPage, type ListPage } from './list-page.ts';
export {
  htmlResponse,
  HttpResponse,
  jsonResponse,
  redirect,
  type Chunks,
  type ResponseInit,
} from './response.ts';
export { staticUrl } from './staticfiles/static-url.ts';

// Errors, and the pages for them
export { onError, type ErrorListener } from './error-responses.ts';
export type { ErrorHandler } from './urls/urlconf.ts';
export {
  BadRequest,
  HttpError,
  ImproperlyConfigured,
  MethodNotAllowed,
  NotFound,
  PayloadTooLarge,
  PermissionDenied,
  UnprocessableContent,
  UnsupportedMediaType,
  type ContentProblem,
} from './errors.ts';

// Values that a client keeps
export { BadSignature, sign, unsign, type SignOptions, type UnsignOptions } from './signing.ts';

// Middleware, in the order on the way in
export { whenReady, type Handler, type Middleware } from './middleware/middleware.ts';
export { requestId } from './middleware/request-id.ts';
export { compression } from './middleware/compression.ts';
export { conditionalGet } from './middleware/conditional-get.ts';
export { health } from './middleware/health.ts';
export {
  crossOriginProtection,
  hosts,
  httpsRedirect,
  securityHeaders,
} from './middleware/security.ts';
export { staticFiles } from './staticfiles/middleware.ts';

// Checks
export { registerHealthCheck, type HealthCheck } from './health-checks.ts';
export { registerCheck, type Check, type CheckMessage } from './checks/check.ts';
