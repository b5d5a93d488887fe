import type { Settings } from '../../../src/framework/settings.ts';

export * from './base.ts';

export const ALLOWED_HOSTS: Settings['ALLOWED_HOSTS'] = ['layered.example'];
