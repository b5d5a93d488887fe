import type { HttpRequest } from '../request.ts';
import { redirect } from '../response.ts';
import { settings } from '../settings.ts';
import type { Handler } from './middleware.ts';

/**
 * Redirects what came over http to https, under SECURE_SSL_REDIRECT. It stands behind `health`, whose
 * probes come over http, and behind `hosts`, so that it never leads to a forged one. Behind a proxy
 * that speaks https, SECURE_PROXY_SSL_HEADER has to be set, or it redirects for ever.
 */
export function httpsRedirect(getResponse: Handler): Handler {
  if (!settings.SECURE_SSL_REDIRECT) return getResponse;
  const exempt = settings.SECURE_REDIRECT_EXEMPT.map((pattern) => new RegExp(pattern));
  return (request) => {
    const isExempt = exempt.some((pattern) => pattern.test(request.path.slice(1)));
    return request.isSecure || isExempt ? getResponse(request) : redirectToHttps(request);
  };
}

/** 308 keeps the method and the body of what is not safe (RFC 9110 §15.4.9). */
function redirectToHttps(request: HttpRequest) {
  const { QUERY_STRING } = request.environ;
  const target = request.quotedPath + (QUERY_STRING && `?${QUERY_STRING}`);
  const host = settings.SECURE_SSL_HOST ?? request.host;
  return redirect(`https://${host}${target}`, { status: request.isRead ? 301 : 308 });
}
