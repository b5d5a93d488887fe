import type { HttpRequest } from '../request.ts';
import type { HttpResponse } from '../response.ts';
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

/** RFC 6797 §6.1. */
function strictTransportSecurity(): string | null {
  if (settings.SECURE_HSTS_SECONDS === 0) return null;
  const subdomains = settings.SECURE_HSTS_INCLUDE_SUBDOMAINS ? '; includeSubDomains' : '';
  const preload = settings.SECURE_HSTS_PRELOAD ? '; preload' : '';
  return `max-age=${settings.SECURE_HSTS_SECONDS}${subdomains}${preload}`;
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
