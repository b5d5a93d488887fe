import { BadRequest } from '../errors.ts';
import { settings } from '../settings.ts';
import type { Handler } from './middleware.ts';

const LOCAL_HOSTS = ['.localhost', '127.0.0.1', '[::1]'];

/** Refuses requests for a host that ALLOWED_HOSTS does not name, so that links never carry a forged one. */
export function hosts(getResponse: Handler): Handler {
  // Most requests are for the host of the one before.
  let allowed: { readonly host: string; readonly by: readonly string[] } | undefined;
  return (request) => {
    const { host } = request;
    const patterns = allowedHosts();
    if (allowed?.host === host && allowed.by === patterns) return getResponse(request);
    if (!isAllowedHost(host, patterns)) throw new BadRequest(refusal(host));
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

function refusal(host: string): string {
  const domain = domainOf(host);
  if (domain === undefined) return `Host '${host}' is not well-formed.`;
  return `Host '${host}' is not allowed: add '${domain}' to ALLOWED_HOSTS if it is yours.`;
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
