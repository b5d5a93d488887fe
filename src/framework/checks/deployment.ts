import type { Settings } from '../settings.ts';
import { settings } from '../settings.ts';
import type { Middleware } from '../middleware/middleware.ts';
import { hosts } from '../middleware/hosts.ts';
import { securityHeaders } from '../middleware/security-headers.ts';
import type { CheckMessage } from './check.ts';

interface Rule {
  readonly id: string;
  isBroken(settings: Readonly<Settings>): boolean;
  readonly message: string;
  readonly hint: string;
}

/** What is fine on a developer's machine and is not in production. Ids are Django's where it has them. */
export function checkDeployment(): readonly CheckMessage[] {
  return RULES.filter((rule) => rule.isBroken(settings)).map(({ id, message, hint }) => ({
    level: 'warning',
    id,
    message,
    hint,
  }));
}

const RULES: readonly Rule[] = [
  {
    id: 'security.W001',
    isBroken: ({ MIDDLEWARE }) => !includes(MIDDLEWARE, securityHeaders),
    message:
      'MIDDLEWARE lacks securityHeaders: the SECURE_* settings and X_FRAME_OPTIONS have no effect.',
    hint: 'Add it near the front of MIDDLEWARE.',
  },
  {
    id: 'security.W101',
    isBroken: ({ MIDDLEWARE }) => !includes(MIDDLEWARE, hosts),
    message: 'MIDDLEWARE lacks hosts: requests for any Host are answered.',
    hint: 'Add it to MIDDLEWARE, behind health.',
  },
  {
    id: 'security.W004',
    isBroken: ({ SECURE_HSTS_SECONDS }) => SECURE_HSTS_SECONDS === 0,
    message: 'SECURE_HSTS_SECONDS is 0: browsers do not insist on https.',
    hint: 'Once https works for good, begin with a small value.',
  },
  {
    id: 'security.W006',
    isBroken: ({ SECURE_CONTENT_TYPE_NOSNIFF }) => !SECURE_CONTENT_TYPE_NOSNIFF,
    message: 'SECURE_CONTENT_TYPE_NOSNIFF is off: browsers guess content types.',
    hint: 'Set it to true.',
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
    id: 'security.W022',
    isBroken: ({ SECURE_REFERRER_POLICY }) => !SECURE_REFERRER_POLICY,
    message: 'SECURE_REFERRER_POLICY is not set: other sites may see the addresses of your pages.',
    hint: 'Set it to same-origin.',
  },
];

function includes(list: readonly Middleware[], middleware: Middleware): boolean {
  return list.includes(middleware);
}
