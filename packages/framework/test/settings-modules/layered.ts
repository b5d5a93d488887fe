import type { Settings } from '../../src/settings.ts';

export * from './base.ts';

export const ALLOWED_HOSTS: Settings['ALLOWED_HOSTS'] = ['layered.example'];
