import { settings } from '../settings.ts';
import { whenReady } from './middleware.ts';
import type { Handler } from './middleware.ts';

/** Adds the headers that make browsers careful, where a view has not set them itself. */
export function securityHeaders(getResponse: Handler): Handler {
  const headers = alwaysSent();
  const transportSecurity = strictTransportSecurity();
  return (request) =>
    whenReady(getResponse(request), (response) => {
      for (const [name, value] of headers) response.headers.setDefault(name, value);
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
    ['Content-Security-Policy', contentSecurityPolicy()],
  ];
  return headers.flatMap(([name, value]) => (value ? [[name, value]] : []));
}

function contentSecurityPolicy(): string {
  return Object.entries(settings.SECURE_CSP)
    .map(([directive, sources]) => [directive, ...sources].join(' '))
    .join('; ');
}

/** RFC 6797 §6.1. */
function strictTransportSecurity(): string | null {
  if (settings.SECURE_HSTS_SECONDS === 0) return null;
  const subdomains = settings.SECURE_HSTS_INCLUDE_SUBDOMAINS ? '; includeSubDomains' : '';
  const preload = settings.SECURE_HSTS_PRELOAD ? '; preload' : '';
  return `max-age=${settings.SECURE_HSTS_SECONDS}${subdomains}${preload}`;
}
