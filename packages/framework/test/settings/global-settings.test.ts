import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HttpResponse } from '../../src/response.ts';
import type { Settings } from '../../src/settings.ts';
import { GLOBAL_SETTINGS } from '../../src/settings/global-settings.ts';

test.for(Object.entries(GLOBAL_SETTINGS))('%s has a default of its own type', ([, declaration]) => {
  expect(declaration.type.accepts(declaration.default)).toBe(true);
  expect(declaration.description).toMatch(/^[A-Z].*\.$/);
});

test.for<[keyof typeof GLOBAL_SETTINGS, unknown]>([
  ['DEBUG', 1],
  ['ALLOWED_HOSTS', '*'],
  ['ALLOWED_HOSTS', [1]],
  ['ALLOWED_HOSTS', ['app.example.com:8000']],
  ['ALLOWED_HOSTS', ['[::1]:8000']],
  ['ALLOWED_HOSTS', ['::1']],
  ['ALLOWED_HOSTS', ['https://example.com']],
  ['ALLOWED_HOSTS', ['*.example.com']],
  ['ALLOWED_HOSTS', ['']],
  ['MIDDLEWARE', ['hosts']],
  ['FORCE_SCRIPT_NAME', 'shop'],
  ['FORCE_SCRIPT_NAME', '/shop/'],
  ['FORCE_SCRIPT_NAME', '/'],
  ['FORCE_SCRIPT_NAME', ['/shop']],
  ['HEALTH_PATH', 'healthz'],
  ['HEALTH_PATH', 1],
  ['SECURE_PROXY_SSL_HEADER', ['X-Forwarded-Proto', 'https']],
  ['SECURE_PROXY_SSL_HEADER', ['HTTP_X-Forwarded-Proto', 'https']],
  ['SECURE_PROXY_SSL_HEADER', ['X_HTTP_PROTO', 'https']],
  ['SECURE_PROXY_SSL_HEADER', ['HTTP_X_FORWARDED_PROTO']],
  ['SECURE_PROXY_SSL_HEADER', ['HTTP_X_FORWARDED_PROTO', 1]],
  ['SECURE_HSTS_SECONDS', -1],
  ['SECURE_HSTS_SECONDS', 1.5],
  ['SECURE_CROSS_ORIGIN_OPENER_POLICY', 'other-origin'],
  ['SECURE_CSP', "default-src 'self'"],
  ['SECURE_CSP', 1],
  ['SECURE_CSP', null],
  ['SECURE_CSP', []],
  ['SECURE_CSP', { 'default-src': "'self'" }],
  ['SECURE_CSP', { 'default-src': ["'self'; script-src *"] }],
  ['SECURE_CSP', { 'default-src': ["'self'\n"] }],
  ['SECURE_CSP', { 'img-src': ['data:, *'] }],
  ['SECURE_CSP_REPORT_ONLY', { 'img-src;': [] }],
  ['SECURE_CSP_REPORT_ONLY', { 'img\r\nX-Header: a': [] }],
  ['CSRF_TRUSTED_ORIGINS', 'https://app.example.com'],
  ['CSRF_TRUSTED_ORIGINS', ['app.example.com']],
  ['CSRF_TRUSTED_ORIGINS', ['https://app.example.com/']],
  ['CSRF_TRUSTED_ORIGINS', ['https://App.example.com']],
  ['CSRF_TRUSTED_ORIGINS', ['https://*example.com']],
  ['CSRF_TRUSTED_ORIGINS', ['https://*']],
  ['CSRF_TRUSTED_ORIGINS', ['*']],
  ['SECURE_REDIRECT_EXEMPT', ['(']],
  ['SECURE_REDIRECT_EXEMPT', [1]],
  ['STATIC_URL', '/static'],
  ['STATIC_URL', '/static/?'],
  ['STATIC_URL', ['/static/']],
  ['STATIC_URL', '/'],
  ['STATIC_URL', '//'],
  ['X_FRAME_OPTIONS', 'ALLOW'],
  ['LOGGING', { level: 'loud' }],
  ['LOGGING', { levle: 'info' }],
  ['LOGGING', { toString: 'info' }],
  ['LOGGING', 'info'],
  ['LOGGING', 1],
  ['LOGGING', null],
])('%s is not %j', ([name, value]) => {
  expect(GLOBAL_SETTINGS[name].type.accepts(value)).toBe(false);
});

test.for<[keyof typeof GLOBAL_SETTINGS, unknown]>([
  ['ALLOWED_HOSTS', ['Example.com', '.example.com', '127.0.0.1', '[::1]', '[::ffff:1.2.3.4]', '*']],
  ['SECURE_PROXY_SSL_HEADER', ['HTTP_X_FORWARDED_PROTO', 'https']],
  ['CSRF_TRUSTED_ORIGINS', ['https://*.example.com', 'http://a.example:8080']],
  ['STATIC_URL', 'static/'],
  ['STATIC_URL', 'https://cdn.example.com/'],
  ['SECURE_CSP', { 'script-src': ["'sha256-abc='", 'https://*.example.com:443/a?b'] }],
])('%s may be %j', ([name, value]) => {
  expect(GLOBAL_SETTINGS[name].type.accepts(value)).toBe(true);
});

test('the framework reads every setting', () => {
  const folder = join(import.meta.dirname, '../../src');
  const sources = globSync(join(folder, '**/*.ts'))
    .filter((file) => !file.endsWith('global-settings.ts'))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const unread = Object.keys(GLOBAL_SETTINGS).filter(
    (name) =>
      !new RegExp(`settings\\.${name}\\b|\\{[^{}]*\\b${name}\\b[^{}]*\\} = settings`).test(sources),
  );
  expect(unread).toEqual([]);
});

test('an entry of MIDDLEWARE that takes no request is refused by the compiler', () => {
  const right: Settings['MIDDLEWARE'] = [(getResponse) => (request) => getResponse(request)];
  // @ts-expect-error -- a handler, not what wraps one
  const wrong: Settings['MIDDLEWARE'] = [() => new HttpResponse()];
  expect(GLOBAL_SETTINGS.MIDDLEWARE.type.accepts([...right, ...wrong])).toBe(true);
});
