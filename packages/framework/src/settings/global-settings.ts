import * as types from './setting-types.ts';
import type { SettingType } from './setting-types.ts';

/** The levels of the log, the most talkative first. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** What the application's log is like; what is left out keeps its default. */
export interface LoggingOptions {
  /** The least severe level that is written: info. */
  readonly level?: (typeof LOG_LEVELS)[number];
  /** Fields that are masked beside the built-in ones, as paths: `user.email`, `*.iban`. */
  readonly redact?: readonly string[];
  readonly destination?: 'stderr' | 'stdout';
  /** Text for people instead of JSON; `auto` is where the destination is a terminal. */
  readonly pretty?: boolean | 'auto';
}

/** Among a policy's sources: the nonce of the request, where a view asked for `request.cspNonce`. */
export const CSP_NONCE = '<nonce>';

/** @param description one sentence: what the setting does. */
function setting<T>(type: SettingType<T>, value: NoInfer<T>, description: string) {
  return { type, default: value, description };
}

/** The one place where defaults are declared; `docs/settings.md` is generated from it. */
export const GLOBAL_SETTINGS = {
  DEBUG: setting(
    types.boolean,
    false,
    'Shows errors with their stack in the browser. Never on where strangers can reach it.',
  ),
  SECRET_KEY: setting(
    types.string,
    '',
    'What signatures are made with: at least 50 random characters that nobody else knows. Empty: the application makes one when it signs, which other replicas and the next start do not know.',
  ),
  SECRET_KEY_FALLBACKS: setting(
    types.strings,
    [],
    'Former values of SECRET_KEY, whose signatures still count.',
  ),
  ALLOWED_HOSTS: setting(
    types.hostPatterns,
    [],
    "The Host names that are answered: 'example.com', '.example.com' with its subdomains, or '*'. Empty under DEBUG: the local ones.",
  ),
  ROOT_URLCONF: setting(
    types.string,
    '',
    'The module that exports `urlpatterns`, as a dotted name.',
  ),
  WSGI_APPLICATION: setting(
    types.string,
    '',
    'The module that exports `application`, as a dotted name. runserver serves it, or the `wsgi` beside settings that cannot be loaded; it sets the variable RUNSERVER, under which `getWsgiApplication` shows in the browser what keeps the project from loading.',
  ),
  MIDDLEWARE: setting(
    types.functions,
    [],
    'The middleware functions, from the outermost to the innermost. `requestId` comes first: the log lines of all that follow carry the id. Then `securityHeaders`, so that every answer gets them; `compression` and `conditionalGet`, if at all; `health` before `hosts` and `httpsRedirect`, as probes come with any Host, over http; `hosts` before whatever reads the Host, as `httpsRedirect` and `crossOriginProtection` do; yours; and `staticFiles` innermost, so that yours can guard the files too.',
  ),
  APPEND_SLASH: setting(
    types.boolean,
    true,
    'Redirects to the path with a slash at its end where only that one matches.',
  ),
  FORCE_SCRIPT_NAME: setting(
    types.nullOr(types.mountPoint),
    null,
    "Replaces SCRIPT_NAME, the prefix under which the application is mounted: '/shop'. `reverse` and a relative STATIC_URL put this prefix alone before their paths, not the server's SCRIPT_NAME.",
  ),
  HEALTH_PATH: setting(
    types.path,
    '/healthz',
    'Where the health middleware answers as long as the process can, whatever the Host: what fails here is to be started anew.',
  ),
  READY_PATH: setting(
    types.path,
    '/readyz',
    'Where the health middleware says whether requests are to come, whatever the Host: 503 while the worker finishes its last ones, or a check of `registerHealthCheck` fails, which it names to those who do not come through a proxy.',
  ),
  LIFESPAN: setting(
    types.lifespans,
    [],
    'What is opened before the project serves and closed behind it, such as a pool of connections: a list of objects with the functions `startup` and `shutdown`, which are awaited in every worker, around each of your own commands, and by the test client. The last one that started stops first.',
  ),
  USE_X_FORWARDED_HOST: setting(
    types.boolean,
    false,
    'Takes the host from X-Forwarded-Host. Only behind a proxy that always sets it.',
  ),
  USE_X_FORWARDED_PORT: setting(
    types.boolean,
    false,
    'Takes the port from X-Forwarded-Port instead of SERVER_PORT, where a request names no host. Only behind a proxy that always sets it.',
  ),
  USE_X_FORWARDED_FOR: setting(
    types.boolean,
    false,
    "Takes the client's address from the last entry of X-Forwarded-For. Only behind a proxy that always sets it.",
  ),
  SECURE_PROXY_SSL_HEADER: setting(
    types.nullOr(types.headerAndValue),
    null,
    'The environ key and value by which the proxy says that the client came over https.',
  ),
  DATA_UPLOAD_MAX_MEMORY_SIZE: setting(
    types.natural,
    2_621_440,
    'The largest body that is read into memory, in bytes, without the files of a form; a larger one is answered 413.',
  ),
  DATA_UPLOAD_MAX_NUMBER_FIELDS: setting(
    types.natural,
    1000,
    'The most fields that a query or a form may have; more are answered 400.',
  ),
  DATA_UPLOAD_MAX_NUMBER_FILES: setting(
    types.natural,
    100,
    'The most files that a form may have; more are answered 400.',
  ),
  FILE_UPLOAD_MAX_MEMORY_SIZE: setting(
    types.natural,
    2_621_440,
    "How many bytes of a form's files are kept in memory; what comes beyond goes to the disk.",
  ),
  FILE_UPLOAD_TEMP_DIR: setting(
    types.nullOr(types.string),
    null,
    "Where uploaded files are until the response is sent; null: the system's folder.",
  ),
  SECURE_SSL_REDIRECT: setting(
    types.boolean,
    false,
    'Redirects requests that came over http to https.',
  ),
  SECURE_SSL_HOST: setting(
    types.nullOr(types.string),
    null,
    'The host that SECURE_SSL_REDIRECT leads to; null: the one that was asked for.',
  ),
  SECURE_REDIRECT_EXEMPT: setting(
    types.patterns,
    [],
    "Regular expressions for paths, without the slash at their start, that SECURE_SSL_REDIRECT leaves alone: '^internal/'.",
  ),
  CSRF_TRUSTED_ORIGINS: setting(
    types.origins,
    [],
    "Other origins whose pages may send forms here: 'https://app.example.com', 'https://*.example.com'.",
  ),
  SECURE_CONTENT_TYPE_NOSNIFF: setting(
    types.boolean,
    true,
    'Sends X-Content-Type-Options: nosniff.',
  ),
  SECURE_CROSS_ORIGIN_OPENER_POLICY: setting(
    types.nullOr(types.oneOf(['same-origin', 'same-origin-allow-popups', 'unsafe-none'])),
    'same-origin',
    'The Cross-Origin-Opener-Policy header; null sends none.',
  ),
  SECURE_REFERRER_POLICY: setting(
    types.nullOr(types.string),
    'same-origin',
    'The Referrer-Policy header; null sends none.',
  ),
  SECURE_CSP: setting(
    types.policy,
    {
      'default-src': ["'self'"],
      'img-src': ["'self'", 'data:'],
      'object-src': ["'none'"],
      'base-uri': ["'none'"],
      'form-action': ["'self'"],
      'frame-ancestors': ["'none'"],
      'script-src': ["'self'", CSP_NONCE],
      'style-src': ["'self'", CSP_NONCE],
    },
    'The Content-Security-Policy header, directive by directive; an empty one sends none. CSP_NONCE among the sources stands for the nonce of the request.',
  ),
  SECURE_CSP_REPORT_ONLY: setting(
    types.policy,
    {},
    'The Content-Security-Policy-Report-Only header: a policy to try, which browsers report and do not enforce.',
  ),
  SECURE_HSTS_SECONDS: setting(
    types.natural,
    0,
    'How long browsers insist on https, in seconds, sent on secure requests; 0 sends nothing.',
  ),
  SECURE_HSTS_INCLUDE_SUBDOMAINS: setting(
    types.boolean,
    false,
    'Adds includeSubDomains to Strict-Transport-Security.',
  ),
  SECURE_HSTS_PRELOAD: setting(types.boolean, false, 'Adds preload to Strict-Transport-Security.'),
  X_FRAME_OPTIONS: setting(
    types.oneOf(['DENY', 'SAMEORIGIN']),
    'DENY',
    'The X-Frame-Options header: who may show the pages in a frame.',
  ),
  STATIC_URL: setting(
    types.nullOr(types.urlPrefix),
    null,
    "Where static files are found by browsers: '/static/'. A relative one takes the script prefix.",
  ),
  STATIC_ROOT: setting(
    types.nullOr(types.string),
    null,
    'The folder that collectstatic fills and production serves.',
  ),
  STATICFILES_DIRS: setting(
    types.strings,
    [],
    'The folders that hold static files; of two files with one name the first wins.',
  ),
  X_ACCEL_REDIRECT_ROOT: setting(
    types.nullOr(types.string),
    null,
    'The folder whose files nginx sends for `fileResponse`, by X-Accel-Redirect. Only behind an nginx that has the folder.',
  ),
  X_ACCEL_REDIRECT_URL: setting(
    types.urlPrefix,
    '/protected/',
    'The internal location under which nginx has X_ACCEL_REDIRECT_ROOT.',
  ),
  LOGGING: setting(
    types.shape<LoggingOptions>({
      level: types.oneOf(LOG_LEVELS),
      redact: types.strings,
      destination: types.oneOf(['stderr', 'stdout']),
      pretty: types.oneOf([true, false, 'auto']),
    }),
    {},
    "The application's log: the least severe `level` that is written (info), more fields to mask as `redact` paths, the `destination` (stderr or stdout), and `pretty` text instead of JSON ('auto': on a terminal).",
  ),
  SILENCED_SYSTEM_CHECKS: setting(
    types.strings,
    [],
    "The ids of checks that are not reported: 'security.W004'.",
  ),
};

/** Every setting that the framework reads. A settings module exports what it wants otherwise. */
export type GlobalSettings = {
  readonly [Name in keyof typeof GLOBAL_SETTINGS]: Value<(typeof GLOBAL_SETTINGS)[Name]['type']>;
};

type Value<Type> = Type extends SettingType<infer T> ? T : never;

export function isGlobalSetting(name: string): name is keyof GlobalSettings {
  return Object.hasOwn(GLOBAL_SETTINGS, name);
}
