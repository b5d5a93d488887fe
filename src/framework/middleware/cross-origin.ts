import { PermissionDenied } from '../errors.ts';
import { log } from '../logging.ts';
import type { HttpRequest } from '../request.ts';
import { settings } from '../settings.ts';
import type { Handler } from './middleware.ts';

/**
 * Refuses what pages of other sites make a browser send: forms, uploads, deletions. Browsers say by
 * Sec-Fetch-Site where a request comes from, older ones by Origin; what is no browser says neither,
 * and carries nobody's cookies. Safe methods pass, so they must change nothing.
 */
export function crossOriginProtection(getResponse: Handler): Handler {
  return (request) => {
    if (isSafe(request) || isSameOrigin(request)) return getResponse(request);
    const { HTTP_ORIGIN = '', HTTP_SEC_FETCH_SITE = '' } = request.environ;
    log.warn(
      {
        request_id: request.id,
        method: request.method,
        path: request.path,
        origin: HTTP_ORIGIN,
        sec_fetch_site: HTTP_SEC_FETCH_SITE,
      },
      'a page of another site sent this request: refused. Add its origin to CSRF_TRUSTED_ORIGINS if it is yours.',
    );
    throw new PermissionDenied('The request comes from a page of another site.');
  };
}

/** RFC 9110 §9.2.1. */
function isSafe(request: HttpRequest): boolean {
  return request.isRead || request.method === 'OPTIONS';
}

function isSameOrigin(request: HttpRequest): boolean {
  const { HTTP_ORIGIN: origin, HTTP_SEC_FETCH_SITE: site } = request.environ;
  if (site === 'same-origin' || site === 'none') return true;
  if (origin !== undefined && isTrusted(origin)) return true;
  if (site !== undefined) return false;
  if (origin === undefined) return true;
  // The scheme is left out of account: behind a proxy, the application may not know its own.
  const host = URL.parse(origin)?.host;
  return host !== undefined && host === withoutDefaultPort(request);
}

/** `https://*.example.com` stands for every host below example.com. */
function isTrusted(origin: string): boolean {
  return settings.CSRF_TRUSTED_ORIGINS.some((trusted) => {
    const [scheme = '', domain] = trusted.split('*', 2);
    if (domain === undefined) return origin === trusted;
    return origin.startsWith(scheme) && origin.endsWith(domain);
  });
}

/** As browsers write an origin: without :80 or :443 where that is the scheme's. */
function withoutDefaultPort({ host, scheme }: HttpRequest): string | undefined {
  return URL.parse(`${scheme}://${host}`)?.host;
}
