import type { Settings } from '../../src/settings.ts';

export const ALLOWED_HOSTS: Settings['ALLOWED_HOSTS'] = ['example.com'];
export const APPEND_SLASH = true;
export const PAYMENT_API_TOKEN = 'hush';
export const DATABASE_URL = 'postgres://app:hush@db/app';
