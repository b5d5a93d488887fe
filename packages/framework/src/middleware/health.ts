import { HttpResponse } from '../response.ts';
import { settings } from '../settings.ts';
import type { Handler } from './middleware.ts';

/** Answers HEALTH_PATH, whatever the Host: 503 once the worker finishes its last requests. */
export function health(getResponse: Handler): Handler {
  const { HEALTH_PATH } = settings;
  return (request) => {
    if (request.path !== HEALTH_PATH) return getResponse(request);
    const isDraining = request.environ['gateway.draining'] === true;
    const [text, status] = isDraining ? ['draining\n', 503] : ['ok\n', 200];
    return new HttpResponse(text, { status, headers: { 'Cache-Control': 'no-store' } });
  };
}
