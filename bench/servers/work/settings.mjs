// The sample project's settings, with the URLs and the static files of the bench.
export * from '../../../dist/myproject/settings.js';
export const ROOT_URLCONF = './bench/servers/work/urls.mjs';
export const STATIC_ROOT = process.env.STATIC_ROOT;
