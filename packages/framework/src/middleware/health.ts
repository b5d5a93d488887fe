import { failingHealthChecks } from '../health-checks.ts';
import type { HttpRequest } from '../request.ts';
import { HttpResponse } from '../response.ts';
import { settings } from '../settings.ts';
import type { Handler } from './middleware.ts';

/**
 * Answers HEALTH_PATH, as long as the process can answer at all, and READY_PATH: 503 once the worker
 * finishes its last requests, and while a health check fails. Both whatever the Host.
 */
export function health(getResponse: Handler): Handler {
  const { HEALTH_PATH, READY_PATH } = settings;
  return (request) => {
    if (request.path === HEALTH_PATH) return answer('ok', 200);
    return request.path === READY_PATH ? readiness(request) : getResponse(request);
  };
}

async function readiness(request: HttpRequest): Promise<HttpResponse> {
  if (request.environ['gateway.draining'] === true) return answer('draining', 503);
  const failing = await failingHealthChecks();
  if (failing.length === 0) return answer('ready', 200);
  return answer(mayKnow(request) ? `not ready: ${failing.join(', ')}` : 'not ready', 503);
}

/** Probes reach the process itself; a proxy adds for whom it asks. */
function mayKnow(request: HttpRequest): boolean {
  return (
    settings.DEBUG || !(request.headers.has('X-Forwarded-For') || request.headers.has('Forwarded'))
  );
}

function answer(text: string, status: number): HttpResponse {
  return new HttpResponse(`${text}\n`, { status, headers: { 'Cache-Control': 'no-store' } });
}
