import { type Handler, whenReady } from '@wsgi/framework';

/** Tells the browser how long the views took. */
export function serverTiming(getResponse: Handler): Handler {
  return (request) => {
    const start = performance.now();
    return whenReady(getResponse(request), (response) => {
      const milliseconds = (performance.now() - start).toFixed(1);
      response.headers.set('Server-Timing', `app;dur=${milliseconds}`);
      return response;
    });
  };
}
