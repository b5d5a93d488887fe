import type { Middleware } from './middleware/middleware.ts';
import * as types from './setting-types.ts';
import type { SettingType } from './setting-types.ts';

/** Every setting that the framework reads. A settings module exports what it wants otherwise. */
export interface GlobalSettings {
  readonly DEBUG: boolean;
  readonly ALLOWED_HOSTS: readonly string[];
  readonly ROOT_URLCONF: string;
  readonly WSGI_APPLICATION: string;
  readonly MIDDLEWARE: readonly Middleware[];
  readonly APPEND_SLASH: boolean;
  readonly FORCE_SCRIPT_NAME: string | null;
  readonly HEALTH_PATH: string;
  readonly USE_X_FORWARDED_HOST: boolean;
  readonly USE_X_FORWARDED_PORT: boolean;
  readonly USE_X_FORWARDED_FOR: boolean;
  readonly SECURE_PROXY_SSL_HEADER: readonly [key: `HTTP_${string}`, value: string] | null;
  readonly DATA_UPLOAD_MAX_MEMORY_SIZE: number;
  readonly DATA_UPLOAD_MAX_NUMBER_FIELDS: number;
  readonly SECURE_CONTENT_TYPE_NOSNIFF: boolean;
  readonly SECURE_CROSS_ORIGIN_OPENER_POLICY: (typeof OPENER_POLICIES)[number] | null;
  readonly SECURE_REFERRER_POLICY: string | null;
  readonly SECURE_CSP: Readonly<Record<string, readonly string[]>>;
  readonly SECURE_HSTS_SECONDS: number;
  readonly SECURE_HSTS_INCLUDE_SUBDOMAINS: boolean;
  readonly SECURE_HSTS_PRELOAD: boolean;
  readonly X_FRAME_OPTIONS: 'DENY' | 'SAMEORIGIN';
  readonly STATIC_URL: string | null;
  readonly STATIC_ROOT: string | null;
  readonly STATICFILES_DIRS: readonly string[];
  readonly LOG_LEVEL: (typeof LOG_LEVELS)[number];
  readonly SILENCED_SYSTEM_CHECKS: readonly string[];
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const OPENER_POLICIES = ['same-origin', 'same-origin-allow-popups', 'unsafe-none'] as const;

export interface SettingDeclaration<T> {
  readonly type: SettingType<T>;
  readonly default: T;
  /** One sentence: what the setting does. */
  readonly description: string;
}

/** The one place where defaults are declared; `docs/settings.md` is generated from it. */
export const GLOBAL_SETTINGS: {
  readonly [Name in keyof GlobalSettings]: SettingDeclaration<GlobalSettings[Name]>;
} = {
  DEBUG: {
    type: types.boolean,
    default: false,
    description:
      'Shows errors with their stack in the browser. Never on where strangers can reach it.',
  },
  ALLOWED_HOSTS: {
    type: types.strings,
    default: [],
    description:
      "The Host names that are answered: 'example.com', '.example.com' with its subdomains, or '*'. Empty under DEBUG: the local ones.",
  },
  ROOT_URLCONF: {
    type: types.string,
    default: '',
    description: 'The module that exports `urlpatterns`, as a dotted name.',
  },
  WSGI_APPLICATION: {
    type: types.string,
    default: '',
    description: 'The module that exports `application`, as a dotted name; runserver serves it.',
  },
  MIDDLEWARE: {
    type: types.listOf('middleware functions', types.functionOf<Middleware>('a function')),
    default: [],
    description: 'The middleware functions, from the outermost to the innermost.',
  },
  APPEND_SLASH: {
    type: types.boolean,
    default: true,
    description: 'Redirects to the path with a slash at its end where only that one matches.',
  },
  FORCE_SCRIPT_NAME: {
    type: types.nullOr(types.string),
    default: null,
    description:
      "Replaces SCRIPT_NAME, the prefix under which the application is mounted: '/shop'.",
  },
  HEALTH_PATH: {
    type: types.path,
    default: '/healthz',
    description: 'Where the health middleware answers, whatever the Host.',
  },
  USE_X_FORWARDED_HOST: {
    type: types.boolean,
    default: false,
    description: 'Takes the host from X-Forwarded-Host. Only behind a proxy that always sets it.',
  },
  USE_X_FORWARDED_PORT: {
    type: types.boolean,
    default: false,
    description: 'Takes the port from X-Forwarded-Port. Only behind a proxy that always sets it.',
  },
  USE_X_FORWARDED_FOR: {
    type: types.boolean,
    default: false,
    description:
      "Takes the client's address from the last entry of X-Forwarded-For. Only behind a proxy that always sets it.",
  },
  SECURE_PROXY_SSL_HEADER: {
    type: types.nullOr(types.headerAndValue),
    default: null,
    description:
      'The environ key and value by which the proxy says that the client came over https.',
  },
  DATA_UPLOAD_MAX_MEMORY_SIZE: {
    type: types.natural,
    default: 2_621_440,
    description:
      'The largest body that is read into memory, in bytes; a larger one is answered 413.',
  },
  DATA_UPLOAD_MAX_NUMBER_FIELDS: {
    type: types.natural,
    default: 1000,
    description: 'The most fields that a query or a form may have; more are answered 400.',
  },
  SECURE_CONTENT_TYPE_NOSNIFF: {
    type: types.boolean,
    default: true,
    description: 'Sends X-Content-Type-Options: nosniff.',
  },
  SECURE_CROSS_ORIGIN_OPENER_POLICY: {
    type: types.nullOr(types.oneOf(OPENER_POLICIES)),
    default: 'same-origin',
    description: 'The Cross-Origin-Opener-Policy header; null sends none.',
  },
  SECURE_REFERRER_POLICY: {
    type: types.nullOr(types.string),
    default: 'same-origin',
    description: 'The Referrer-Policy header; null sends none.',
  },
  SECURE_CSP: {
    type: types.policy,
    default: {
      'default-src': ["'self'"],
      'img-src': ["'self'", 'data:'],
      'object-src': ["'none'"],
      'base-uri': ["'none'"],
      'form-action': ["'self'"],
      'frame-ancestors': ["'none'"],
    },
    description:
      'The Content-Security-Policy header, directive by directive; an empty one sends none.',
  },
  SECURE_HSTS_SECONDS: {
    type: types.natural,
    default: 0,
    description:
      'How long browsers insist on https, in seconds, sent on secure requests; 0 sends nothing.',
  },
  SECURE_HSTS_INCLUDE_SUBDOMAINS: {
    type: types.boolean,
    default: false,
    description: 'Adds includeSubDomains to Strict-Transport-Security.',
  },
  SECURE_HSTS_PRELOAD: {
    type: types.boolean,
    default: false,
    description: 'Adds preload to Strict-Transport-Security.',
  },
  X_FRAME_OPTIONS: {
    type: types.oneOf(['DENY', 'SAMEORIGIN']),
    default: 'DENY',
    description: 'The X-Frame-Options header: who may show the pages in a frame.',
  },
  STATIC_URL: {
    type: types.nullOr(types.urlPrefix),
    default: null,
    description:
      "Where static files are found by browsers: '/static/'. A relative one takes the script prefix.",
  },
  STATIC_ROOT: {
    type: types.nullOr(types.string),
    default: null,
    description: 'The folder that collectstatic fills and production serves.',
  },
  STATICFILES_DIRS: {
    type: types.strings,
    default: [],
    description: 'The folders that hold static files; of two files with one name the first wins.',
  },
  LOG_LEVEL: {
    type: types.oneOf(LOG_LEVELS),
    default: 'info',
    description: 'The least severe level that is logged.',
  },
  SILENCED_SYSTEM_CHECKS: {
    type: types.strings,
    default: [],
    description: "The ids of checks that are not reported: 'security.W004'.",
  },
};

export function isGlobalSetting(name: string): name is keyof GlobalSettings {
  return Object.hasOwn(GLOBAL_SETTINGS, name);
}
