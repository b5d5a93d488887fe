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
import { databaseLifespan } from '../database/database.ts';
import { jobsLifespan } from '../jobs/boss.ts';
import { serverTiming } from '../shop/server-timing.ts';

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

/** Where health checks ask: those of the containers, nginx and a balancer know it by the same variable. */
export const HEALTH_PATH: Settings['HEALTH_PATH'] = env.string('HEALTH_PATH', '/healthz');

export const ROOT_URLCONF = 'myproject.urls';
export const WSGI_APPLICATION = 'myproject.wsgi';

/** From the outermost to the innermost: docs/settings.md says why in this order. */
export const MIDDLEWARE: Settings['MIDDLEWARE'] = [
  requestId,
  securityHeaders,
  health,
  hosts,
  httpsRedirect,
  crossOriginProtection,
  serverTiming,
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
export const STATICFILES_DIRS: Settings['STATICFILES_DIRS'] = [
  `${BASE_DIR}/src/myproject/static`,
  `${BASE_DIR}/src/shop/static`,
];

export const LOGGING: Settings['LOGGING'] = { level: env.choice('LOG_LEVEL', LOG_LEVELS, 'info') };

export const SHOP_NAME = env.string('SHOP_NAME', 'The shop');
export const PHOTO_DIR = env.string('PHOTO_DIR', `${BASE_DIR}/photos`);

/** Who asks is `app`; the password may be that of the URL. `npm run dev` and tests take that of `test-db`. */
export const DATABASE_URL = env.string(
  'DATABASE_URL',
  'postgres://app:development@127.0.0.1:5432/app',
);
export const DATABASE_PASSWORD = env.secret('DATABASE_PASSWORD', '');
/** Of each worker. Times workers, times replicas, twice during a release: below the server's 100. */
export const DATABASE_POOL_SIZE = env.integer('DATABASE_POOL_SIZE', 5);

export const LIFESPAN: Settings['LIFESPAN'] = [databaseLifespan, jobsLifespan];

/** When the summary is written: minute, hour, day, month, day of the week. */
export const SUMMARY_CRON = env.string('SUMMARY_CRON', '0 6 * * *');
