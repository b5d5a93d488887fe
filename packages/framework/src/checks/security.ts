import {
  crossOriginProtection,
  hosts,
  httpsRedirect,
  securityHeaders,
} from '../middleware/security.ts';
import { settings, type Settings } from '../settings.ts';
import { finding, type CheckMessage } from './check.ts';

interface Rule extends Omit<CheckMessage, 'level'> {
  isBroken(settings: Readonly<Settings>): boolean;
}

/**
 * What is fine on a developer's machine and is not in production. Ids below 100 are Django's. Some of
 * its list cannot happen here: securityHeaders holds what W001 and W002 ask for, cookies are Secure
 * and HTTP-only of themselves (W010 to W016), and a wrong opener policy (E024) or a
 * Content-Security-Policy that is no mapping (W026) stops the settings from loading.
 */
export function checkSecurity(): readonly CheckMessage[] {
  return RULES.filter((rule) => rule.isBroken(settings)).map(({ id, message, hint }) =>
    finding(id, message, hint),
  );
}

// Referrer-Policy = 1#policy-token (Referrer Policy §4.1, §3)
const REFERRER_POLICIES = new Set([
  'no-referrer',
  'no-referrer-when-downgrade',
  'origin',
  'origin-when-cross-origin',
  'same-origin',
  'strict-origin',
  'strict-origin-when-cross-origin',
  'unsafe-url',
]);

const RULES: readonly Rule[] = [
  {
    id: 'security.W001',
    isBroken: ({ MIDDLEWARE }) => !MIDDLEWARE.includes(securityHeaders),
    message:
      'MIDDLEWARE lacks securityHeaders: the SECURE_* settings and X_FRAME_OPTIONS have no effect.',
    hint: 'Add it near the front of MIDDLEWARE.',
  },
  {
    id: 'security.W003',
    isBroken: ({ MIDDLEWARE }) => !MIDDLEWARE.includes(crossOriginProtection),
    message: 'MIDDLEWARE lacks crossOriginProtection: pages of other sites can send forms here.',
    hint: 'Add it to MIDDLEWARE, behind hosts.',
  },
  {
    id: 'security.W004',
    isBroken: ({ SECURE_HSTS_SECONDS }) => SECURE_HSTS_SECONDS === 0,
    message: 'SECURE_HSTS_SECONDS is 0: browsers do not insist on https.',
    hint: 'Once https works for good, begin with a small value.',
  },
  {
    id: 'security.W005',
    isBroken: (all) => all.SECURE_HSTS_SECONDS > 0 && !all.SECURE_HSTS_INCLUDE_SUBDOMAINS,
    message: 'SECURE_HSTS_INCLUDE_SUBDOMAINS is off: subdomains may be reached over http.',
    hint: 'Set it to true once all subdomains are served over https.',
  },
  {
    id: 'security.W006',
    isBroken: ({ SECURE_CONTENT_TYPE_NOSNIFF }) => !SECURE_CONTENT_TYPE_NOSNIFF,
    message: 'SECURE_CONTENT_TYPE_NOSNIFF is off: browsers guess content types.',
    hint: 'Set it to true.',
  },
  {
    id: 'security.W008',
    isBroken: ({ SECURE_SSL_REDIRECT, MIDDLEWARE }) =>
      !SECURE_SSL_REDIRECT || !MIDDLEWARE.includes(httpsRedirect),
    message: 'Requests over http are not redirected to https.',
    hint: 'Set SECURE_SSL_REDIRECT to true with httpsRedirect in MIDDLEWARE, or silence this where the proxy redirects.',
  },
  {
    id: 'security.W018',
    isBroken: ({ DEBUG }) => DEBUG,
    message: 'DEBUG is on: errors show their stack to everyone.',
    hint: 'Set it to false.',
  },
  {
    id: 'security.W019',
    isBroken: ({ X_FRAME_OPTIONS }) => X_FRAME_OPTIONS !== 'DENY',
    message: 'X_FRAME_OPTIONS is not DENY: pages of the same site may frame this one.',
    hint: 'Set it to DENY unless the site frames itself.',
  },
  {
    id: 'security.W020',
    isBroken: ({ ALLOWED_HOSTS }) => ALLOWED_HOSTS.length === 0,
    message: 'ALLOWED_HOSTS is empty: every request is refused.',
    hint: 'Name the hosts that this site answers for.',
  },
  {
    id: 'security.W021',
    isBroken: (all) => all.SECURE_HSTS_SECONDS > 0 && !all.SECURE_HSTS_PRELOAD,
    message:
      'SECURE_HSTS_PRELOAD is off: browsers cannot be delivered with this site in their list.',
    hint: 'Set it to true if the site is to be on that list; getting off it takes months.',
  },
  {
    id: 'security.W022',
    isBroken: ({ SECURE_REFERRER_POLICY }) => !SECURE_REFERRER_POLICY,
    message: 'SECURE_REFERRER_POLICY is not set: other sites may see the addresses of your pages.',
    hint: 'Set it to same-origin.',
  },
  {
    id: 'security.E023',
    isBroken: ({ SECURE_REFERRER_POLICY }) =>
      (SECURE_REFERRER_POLICY || 'same-origin')
        .split(',')
        .some((policy) => !REFERRER_POLICIES.has(policy.trim())),
    message: 'SECURE_REFERRER_POLICY is none that browsers know.',
    hint: `Set it to one of ${[...REFERRER_POLICIES].join(', ')}.`,
  },
  {
    id: 'security.W101',
    isBroken: ({ MIDDLEWARE }) => !MIDDLEWARE.includes(hosts),
    message: 'MIDDLEWARE lacks hosts: requests for any Host are answered.',
    hint: 'Add it to MIDDLEWARE, behind health.',
  },
  {
    id: 'security.W102',
    isBroken: ({ ALLOWED_HOSTS }) => ALLOWED_HOSTS.includes('*'),
    message: "ALLOWED_HOSTS has '*': links in answers may carry a Host that a stranger chose.",
    hint: 'Name the hosts that this site answers for.',
  },
  {
    id: 'security.W103',
    isBroken: ({ SECURE_PROXY_SSL_HEADER }) =>
      SECURE_PROXY_SSL_HEADER !== null && !process.env['FORWARDED_ALLOW_IPS'],
    message:
      'SECURE_PROXY_SSL_HEADER is set, so the application believes a header that the gateway takes from proxies on this machine alone.',
    hint: "Set FORWARDED_ALLOW_IPS to the proxy's network, or to '*' where nobody else can connect; without a proxy, take SECURE_PROXY_SSL_HEADER away. Silence this where the server is told of the proxy in another way.",
  },
  {
    id: 'security.W104',
    isBroken: ({ X_FRAME_OPTIONS, SECURE_CSP }) =>
      (frameOptionsOf(SECURE_CSP) ?? X_FRAME_OPTIONS) !== X_FRAME_OPTIONS,
    message:
      'X_FRAME_OPTIONS and the frame-ancestors of SECURE_CSP disagree: browsers heed frame-ancestors.',
    hint: "Set frame-ancestors to 'self' for SAMEORIGIN, and to 'none' for DENY.",
  },
];

/** What X_FRAME_OPTIONS would say as the policy does; undefined where the policy says more, or nothing. */
function frameOptionsOf(policy: Settings['SECURE_CSP']): Settings['X_FRAME_OPTIONS'] | undefined {
  const sources = policy['frame-ancestors']?.join(' ');
  if (sources === "'none'" || sources === '') return 'DENY';
  return sources === "'self'" ? 'SAMEORIGIN' : undefined;
}

const LEAST_LENGTH = 50;
const LEAST_DISTINCT = 5;
const INSECURE_PREFIX = 'insecure-';

/** SECRET_KEY is there and strong, and so is each former one. Ids below 100 are Django's. */
export function checkSecretKey(): readonly CheckMessage[] {
  const own =
    'SECRET_KEY' in settings
      ? findWeak('security.W009', 'SECRET_KEY', settings.SECRET_KEY)
      : missingKey();
  const former = settings.SECRET_KEY_FALLBACKS.map((key, index) =>
    findWeak('security.W025', `SECRET_KEY_FALLBACKS[${index}]`, key),
  );
  return [own, ...former].flat();
}

function missingKey(): CheckMessage {
  // Set for the containers by those who run more than one of them.
  const replicas = Number(process.env['APP_REPLICAS'] ?? 1);
  return replicas > 1
    ? finding(
        'security.E101',
        `SECRET_KEY is not set, and there are ${replicas} replicas: each refuses what another signed.`,
        KEY_HINT,
      )
    : finding(
        'security.W009',
        'SECRET_KEY is not set: what was signed before a restart is refused after it.',
        KEY_HINT,
      );
}

function findWeak(id: string, name: string, key: string): CheckMessage | readonly [] {
  const isWeak =
    key.length < LEAST_LENGTH ||
    new Set(key).size < LEAST_DISTINCT ||
    key.startsWith(INSECURE_PREFIX);
  if (!isWeak) return [];
  return finding(
    id,
    `${name} is easy to guess: expected ${LEAST_LENGTH} characters or more, ${LEAST_DISTINCT} different ones or more, and no '${INSECURE_PREFIX}' before them.`,
    KEY_HINT,
  );
}

const KEY_HINT = 'Make one with: openssl rand -base64 48';
