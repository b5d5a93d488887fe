import type { Settings } from '@wsgi/framework/settings';

export * from '../../src/myproject/settings.ts';

export const ALLOWED_HOSTS: Settings['ALLOWED_HOSTS'] = ['staging.example'];
export const LOGGING: Settings['LOGGING'] = { level: 'silent' };
