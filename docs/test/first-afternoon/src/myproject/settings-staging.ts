import type { Settings } from '@wsgi/framework/settings';
import { SHOP_NAME as name } from './settings.ts';

export * from './settings.ts';

export const SHOP_NAME = `${name} (staging)`;
export const ALLOWED_HOSTS: Settings['ALLOWED_HOSTS'] = ['staging.example.com'];
