import { expect, test } from 'vitest';
import { securityHeaders } from '../../src/middleware/security.ts';
import { CSP_NONCE } from '../../src/settings/global-settings.ts';
import { HttpResponse } from '../../src/response.ts';
import type { Settings } from '../../src/settings.ts';
import { path } from '../../src/urls/path.ts';
import { serveProject } from '../serve.ts';

function serveWith(settings: Partial<Settings> = {}, secure = false) {
  return serveProject({
    urlpatterns: [
      path('', () => new HttpResponse('ok')),
      path('nonce/', (request) => new HttpResponse(request.cspNonce)),
      path('own/', () => new HttpResponse('ok', { headers: { 'X-Frame-Options': 'SAMEORIGIN' } })),
    ],
    middleware: [securityHeaders],
    settings,
    environ: secure ? { 'wsgi.url_scheme': 'https' } : {},
  });
}

test('the defaults', async () => {
  const { get } = await serveWith();
  expect((await get('/')).headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'content-security-policy': expect.stringMatching(/^default-src 'self'; img-src 'self' data:;/),
  });
});

test('pages of errors have them too', async () => {
  const { get } = await serveWith();
  expect((await get('/nowhere')).headers['x-content-type-options']).toBe('nosniff');
});

test.for<[Partial<Settings>, string]>([
  [{ SECURE_CONTENT_TYPE_NOSNIFF: false }, 'x-content-type-options'],
  [{ SECURE_REFERRER_POLICY: null }, 'referrer-policy'],
  [{ SECURE_CROSS_ORIGIN_OPENER_POLICY: null }, 'cross-origin-opener-policy'],
  [{ SECURE_CSP: {} }, 'content-security-policy'],
])('%j sends no %s', async ([settings, header]) => {
  const { get } = await serveWith(settings);
  expect((await get('/')).headers).not.toHaveProperty(header);
});

test("a view's own header stays", async () => {
  const { get } = await serveWith();
  expect((await get('/own/')).headers['x-frame-options']).toBe('SAMEORIGIN');
});

const HSTS = { SECURE_HSTS_SECONDS: 3600 };
const HSTS_ALL = { ...HSTS, SECURE_HSTS_INCLUDE_SUBDOMAINS: true, SECURE_HSTS_PRELOAD: true };

test.for<[Partial<Settings>, isSecure: boolean, value: string | undefined]>([
  [{}, true, undefined],
  [HSTS, false, undefined],
  [HSTS, true, 'max-age=3600'],
  [HSTS_ALL, true, 'max-age=3600; includeSubDomains; preload'],
])('under %j, secure %s: Strict-Transport-Security %s', async ([settings, isSecure, value]) => {
  const { get } = await serveWith(settings, isSecure);
  expect((await get('/')).headers['strict-transport-security']).toBe(value);
});

const WITH_NONCE = { 'script-src': ["'self'", CSP_NONCE], 'style-src': [CSP_NONCE] };

test.for([
  ['SECURE_CSP', 'content-security-policy'],
  ['SECURE_CSP_REPORT_ONLY', 'content-security-policy-report-only'],
] as const)(
  '%s has a nonce where the view asked for one, each time another',
  async ([name, header]) => {
    const { get } = await serveWith({ [name]: WITH_NONCE });
    expect((await get('/')).headers[header]).toBe("script-src 'self'; style-src");
    const answers = [await get('/nonce/'), await get('/nonce/')];
    for (const { headers, text: nonce } of answers) {
      expect(headers[header]).toBe(
        `script-src 'self' 'nonce-${nonce}'; style-src 'nonce-${nonce}'`,
      );
    }
    expect(answers[0]?.text).not.toBe(answers[1]?.text);
  },
);

test('a 304 has no policy: it would take the place of that of the page that the client has', async () => {
  const { get } = await serveProject({
    urlpatterns: [path('', () => new HttpResponse('', { status: 304 }))],
    middleware: [securityHeaders],
    settings: { SECURE_CSP: WITH_NONCE, SECURE_CSP_REPORT_ONLY: WITH_NONCE },
  });
  const { headers } = await get('/');
  expect(headers).not.toHaveProperty('content-security-policy');
  expect(headers).not.toHaveProperty('content-security-policy-report-only');
  expect(headers['x-content-type-options']).toBe('nosniff');
});

test('the default policy takes a nonce for scripts and styles', async () => {
  const { get } = await serveWith();
  const { headers, text } = await get('/nonce/');
  expect(headers['content-security-policy']).toContain(`script-src 'self' 'nonce-${text}'`);
  expect(headers['content-security-policy']).toContain(`style-src 'self' 'nonce-${text}'`);
});

test('without a policy to try there is no header for it', async () => {
  const { get } = await serveWith();
  expect((await get('/')).headers).not.toHaveProperty('content-security-policy-report-only');
});
