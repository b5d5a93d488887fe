import type { Settings } from '../../src/framework/settings.ts';

export * from '../../src/myproject/settings.ts';

export const ALLOWED_HOSTS: Settings['ALLOWED_HOSTS'] = ['layered.example'];
