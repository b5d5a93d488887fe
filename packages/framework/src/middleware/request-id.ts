import { logBodyWithRequest, logWithRequest } from '../logging.ts';
import { whenReady, type Handler } from './middleware.ts';

/** Tells the client the request's id, and the log: every line that is written on the way has it. */
export function requestId(getResponse: Handler): Handler {
  return (request) =>
    whenReady(logWithRequest(request, getResponse), (response) => {
      response.headers.set('X-Request-ID', request.id);
      response.body = logBodyWithRequest(request, response.body);
      return response;
    });
}
