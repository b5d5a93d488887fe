import { env } from '../../src/settings/env.ts';

export const ALLOWED_HOSTS = 'example.com';
export const DEBUG = 'yes';
export const WORKERS: number = env.integer('BAD_SETTINGS_WORKERS');
