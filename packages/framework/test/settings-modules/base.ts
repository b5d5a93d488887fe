import type { Settings } from '../../src/settings.ts';

export const ALLOWED_HOSTS: Settings['ALLOWED_HOSTS'] = ['base.example'];
export const ROOT_URLCONF = 'sample.urls';
export const MY_SETTING_2 = 'mine';
export const lowerCase = 'not a setting';
