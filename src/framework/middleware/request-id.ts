import { whenReady } from './middleware.ts';
import type { Handler } from './middleware.ts';

/** Tells the client the request's id, which every log line about it has. */
export function requestId(getResponse: Handler): Handler {
  return (request) =>
    whenReady(getResponse(request), (response) => {
      response.headers.set('X-Request-ID', request.id);
      return response;
    });
}
