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
import { env, type Settings } from '@wsgi/framework/settings';

export const BASE_DIR: string = dirname(dirname(import.meta.dirname));

export const DEBUG: boolean = env.boolean('DEBUG', false);
export const ALLOWED_HOSTS: Settings['ALLOWED_HOSTS'] = env.list('ALLOWED_HOSTS', [
  'localhost',
  '127.0.0.1',
]);

export const ROOT_URLCONF = 'sample.urls';
export const WSGI_APPLICATION = 'sample.wsgi';

export const MIDDLEWARE: Settings['MIDDLEWARE'] = [
  requestId,
  securityHeaders,
  health,
  hosts,
  httpsRedirect,
  crossOriginProtection,
  staticFiles,
];

export const STATIC_URL = '/static/';
export const STATIC_ROOT: string = env.string('STATIC_ROOT', `${BASE_DIR}/staticfiles`);
export const STATICFILES_DIRS: Settings['STATICFILES_DIRS'] = [`${BASE_DIR}/src/sample/static`];
