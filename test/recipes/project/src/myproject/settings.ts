/**
 * The settings of this project. Every upper-case export is a setting, your own ones too; docs/settings.md
 * has those that the framework reads. What differs between machines comes from the environment.
 */
import { dirname } from 'node:path';
import {
  crossOriginProtection,
  health,
  hosts,
  httpsRedirect,
  requestId,
  securityHeaders,
  staticFiles,
} from '@wsgi/framework';
import { env, LOG_LEVELS, type Settings } from '@wsgi/framework/settings';
import { cors } from '../api/cors.ts';
import { databaseLifespan } from '../database/database.ts';
import { jobsLifespan } from '../jobs/boss.ts';
import { tracing, tracingLifespan } from '../tracing/tracing.ts';

/** The project's root: the folder of package.json. */
export const BASE_DIR: string = dirname(dirname(import.meta.dirname));

/** Shows errors in the browser. `npm run dev` turns it on; leave it off where strangers come. */
export const DEBUG: boolean = env.boolean('DEBUG', false);

/** What signed cookies are signed with: the variable, or SECRET_KEY_FILE. Without one, each start makes its own. */
export const SECRET_KEY = env.secret('SECRET_KEY', '');

/** Your own names: ALLOWED_HOSTS=example.com,www.example.com */
export const ALLOWED_HOSTS: Settings['ALLOWED_HOSTS'] = env.list('ALLOWED_HOSTS', [
  'localhost',
  '127.0.0.1',
  '[::1]',
]);

export const ROOT_URLCONF = 'myproject.urls';
export const WSGI_APPLICATION = 'myproject.wsgi';

/** From the outermost to the innermost: docs/settings.md says why in this order. */
export const MIDDLEWARE: Settings['MIDDLEWARE'] = [
  requestId,
  tracing,
  securityHeaders,
  health,
  hosts,
  httpsRedirect,
  cors,
  crossOriginProtection,
  staticFiles,
];

// nginx sets these headers itself, whatever the client sent. Without a proxy in front, take both away.
export const SECURE_PROXY_SSL_HEADER: Settings['SECURE_PROXY_SSL_HEADER'] = [
  'HTTP_X_FORWARDED_PROTO',
  'https',
];
export const USE_X_FORWARDED_FOR = true;

export const STATIC_URL = '/static/';
export const STATIC_ROOT: string = `${BASE_DIR}/staticfiles`;
export const STATICFILES_DIRS: Settings['STATICFILES_DIRS'] = [`${BASE_DIR}/src/myproject/static`];

export const LOGGING: Settings['LOGGING'] = { level: env.choice('LOG_LEVEL', LOG_LEVELS, 'info') };

/** Who asks is `app`; the password may be that of the URL. `npm run dev` and tests take that of `test-db`. */
export const DATABASE_URL = env.string(
  'DATABASE_URL',
  'postgres://app:development@127.0.0.1:5432/app',
);
export const DATABASE_PASSWORD = env.secret('DATABASE_PASSWORD', '');
/** Of each worker. Times workers, times replicas, twice during a release: below the server's 100. */
export const DATABASE_POOL_SIZE = env.integer('DATABASE_POOL_SIZE', 5);

export const LIFESPAN: Settings['LIFESPAN'] = [tracingLifespan, databaseLifespan, jobsLifespan];

/** Where the site is, as browsers see it. */
export const SITE_URL = env.string('SITE_URL', 'http://localhost:8080');

/** When the summary is written: minute, hour, day, month, day of the week. */
export const SUMMARY_CRON = env.string('SUMMARY_CRON', '0 6 * * *');

/** Whose scripts may use the API, and may send to it what changes something. */
export const CORS_ORIGINS = env.list('CORS_ORIGINS', []);
export const CSRF_TRUSTED_ORIGINS: Settings['CSRF_TRUSTED_ORIGINS'] = CORS_ORIGINS;
