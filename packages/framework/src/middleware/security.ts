import { BadRequest, PermissionDenied } from '../errors.ts';
import { log } from '../logging.ts';
import type { HttpRequest } from '../request.ts';
import { moved, type HttpResponse } from '../response.ts';
import { settings, type Settings } from '../settings.ts';
import { CSP_NONCE } from '../settings/global-settings.ts';
import { whenReady, type Handler } from './middleware.ts';

/** Adds the headers that make browsers careful, where a view has not set them itself. */
export function securityHeaders(getResponse: Handler): Handler {
  const headers = alwaysSent();
  const transportSecurity = strictTransportSecurity();
  const addPolicies = policies();
  return (request) =>
    whenReady(getResponse(request), (response) => {
      for (const [name, value] of headers) response.headers.setDefault(name, value);
      addPolicies(request, response);
      if (transportSecurity && request.isSecure) {
        response.headers.setDefault('Strict-Transport-Security', transportSecurity);
      }
      return response;
    });
}

function alwaysSent(): [name: string, value: string][] {
  const headers: [string, string | null][] = [
    ['X-Content-Type-Options', settings.SECURE_CONTENT_TYPE_NOSNIFF ? 'nosniff' : null],
    ['X-Frame-Options', settings.X_FRAME_OPTIONS],
    ['Referrer-Policy', settings.SECURE_REFERRER_POLICY],
    ['Cross-Origin-Opener-Policy', settings.SECURE_CROSS_ORIGIN_OPENER_POLICY],
  ];
  return headers.flatMap(([name, value]) => (value ? [[name, value]] : []));
}

/** The policies are written once; only a request whose view asked for a nonce has its own. */
function policies(): (request: HttpRequest, response: HttpResponse) => void {
  const named = [
    ['Content-Security-Policy', settings.SECURE_CSP],
    ['Content-Security-Policy-Report-Only', settings.SECURE_CSP_REPORT_ONLY],
  ] as const;
  const written = named.map(([name, policy]) => [name, policy, renderPolicy(policy)] as const);
  const sent = written.filter(([, , value]) => value !== '');
  return (request, response) => {
    // RFC 9111 §3.2: a cache would put it in the place of the one whose nonce its page has.
    if (response.status === 304) return;
    const nonce = request.hasCspNonce ? request.cspNonce : undefined;
    for (const [name, policy, value] of sent) {
      response.headers.setDefault(name, nonce ? renderPolicy(policy, nonce) : value);
    }
  };
}

/** The header's value (Content Security Policy Level 3 §2.2), `''` for a policy without directives. */
function renderPolicy(policy: Settings['SECURE_CSP'], nonce?: string): string {
  const own = nonce === undefined ? [] : `'nonce-${nonce}'`;
  return Object.entries(policy)
    .map(([directive, sources]) =>
      [directive, ...sources.flatMap((source) => (source === CSP_NONCE ? own : source))].join(' '),
    )
    .join('; ');
}

/** RFC 6797 §6.1. */
function strictTransportSecurity(): string | null {
  if (settings.SECURE_HSTS_SECONDS === 0) return null;
  const subdomains = settings.SECURE_HSTS_INCLUDE_SUBDOMAINS ? '; includeSubDomains' : '';
  const preload = settings.SECURE_HSTS_PRELOAD ? '; preload' : '';
  return `max-age=${settings.SECURE_HSTS_SECONDS}${subdomains}${preload}`;
}

const LOCAL_HOSTS = ['.localhost', '127.0.0.1', '[::1]'];

/** Refuses requests for a host that ALLOWED_HOSTS does not name, so that links never carry a forged one. */
export function hosts(getResponse: Handler): Handler {
  // Most requests are for the host of the one before.
  let allowed: { readonly host: string; readonly by: readonly string[] } | undefined;
  return (request) => {
    const { host } = request;
    const patterns = allowedHosts();
    if (allowed?.host === host && allowed.by === patterns) return getResponse(request);
    if (!isAllowedHost(host, patterns)) throw refusal(host);
    allowed = { host, by: patterns };
    return getResponse(request);
  };
}

/** Whether a Host, lower-case, is well formed and matches one of the patterns. */
export function isAllowedHost(host: string, patterns: readonly string[]): boolean {
  const domain = domainOf(host);
  if (domain === undefined) return false;
  return patterns.some((pattern) => matches(domain, pattern.toLowerCase()));
}

/** Without the port and the dot of the root. */
function domainOf(host: string): string | undefined {
  const domain = HOST.exec(host)?.[1];
  return domain?.endsWith('.') ? domain.slice(0, -1) : domain;
}

function refusal(host: string): BadRequest {
  const domain = domainOf(host);
  if (domain === undefined) return new BadRequest(`Host '${host}' is not well-formed.`);
  const hint = `Add '${domain}' to ALLOWED_HOSTS if it is yours.`;
  return new BadRequest(`Host '${host}' is not allowed.`, { hint });
}

function allowedHosts(): readonly string[] {
  const { ALLOWED_HOSTS, DEBUG } = settings;
  return ALLOWED_HOSTS.length === 0 && DEBUG ? LOCAL_HOSTS : ALLOWED_HOSTS;
}

function matches(domain: string, pattern: string): boolean {
  if (pattern.startsWith('.')) return domain === pattern.slice(1) || domain.endsWith(pattern);
  return pattern === '*' || pattern === domain;
}

// Host = uri-host [ ":" port ] (RFC 9110 §7.2), as a registered name, IPv4 or bracketed IPv6
const HOST = /^([a-z0-9.-]+|\[[a-f0-9]*:[a-f0-9.:]+\])(?::[0-9]+)?$/;

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
    if (request.isSecure || isExempt) return getResponse(request);
    const host = settings.SECURE_SSL_HOST ?? request.host;
    return moved(request, `https://${host}${request.quotedPath}`);
  };
}

/**
 * Refuses what pages of other sites make a browser send: forms, uploads, deletions. Browsers say by
 * Sec-Fetch-Site where a request comes from, older ones by Origin; what is no browser says neither,
 * and carries nobody's cookies. Safe methods pass, so they must change nothing.
 */
export function crossOriginProtection(getResponse: Handler): Handler {
  return (request) => {
    // RFC 9110 §9.2.1.
    const isSafe = request.isRead || request.method === 'OPTIONS';
    if (isSafe || isSameOrigin(request)) return getResponse(request);
    const { id, method, path, environ } = request;
    const { HTTP_ORIGIN: origin = '', HTTP_SEC_FETCH_SITE: site = '' } = environ;
    log.warn(
      { request_id: id, method, path, origin, sec_fetch_site: site },
      'a page of another site sent this request: refused. Add its origin to CSRF_TRUSTED_ORIGINS if it is yours.',
    );
    throw new PermissionDenied('The request comes from a page of another site.');
  };
}

function isSameOrigin(request: HttpRequest): boolean {
  const { HTTP_ORIGIN: origin, HTTP_SEC_FETCH_SITE: site } = request.environ;
  if (site === 'same-origin' || site === 'none') return true;
  if (origin !== undefined && isTrusted(origin)) return true;
  if (site !== undefined) return false;
  if (origin === undefined) return true;
  // The scheme is left out of account: behind a proxy, the application may not know its own.
  const host = URL.parse(origin)?.host;
  // As browsers write an origin: without :80 or :443 where that is the scheme's.
  return host !== undefined && host === URL.parse(`${request.scheme}://${request.host}`)?.host;
}

/** `https://*.example.com` stands for every host below example.com. */
function isTrusted(origin: string): boolean {
  return settings.CSRF_TRUSTED_ORIGINS.some((trusted) => {
    const [scheme = '', domain] = trusted.split('*', 2);
    if (domain === undefined) return origin === trusted;
    return origin.startsWith(scheme) && origin.endsWith(domain);
  });
}
