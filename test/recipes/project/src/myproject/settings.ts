import {
  crossOriginProtection,
  health,
  hosts,
  httpsRedirect,
  requestId,
  securityHeaders,
  staticFiles,
} from '@wsgi/framework';
import { env, type Settings } from '@wsgi/framework/settings';
import { cors } from '../api/cors.ts';
import { databaseLifespan } from '../database/database.ts';
import { jobsLifespan } from '../jobs/boss.ts';
import { tracing, tracingLifespan } from '../tracing/tracing.ts';

export * from './sample-settings.ts';

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
