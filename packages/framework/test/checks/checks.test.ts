import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { isAtLeast, registerCheck } from '../../src/checks/check.ts';
import { findIssues } from '../../src/commands/check.ts';
import { health } from '../../src/middleware/health.ts';
import {
  crossOriginProtection,
  hosts,
  httpsRedirect,
  securityHeaders,
} from '../../src/middleware/security.ts';
import type { Settings } from '../../src/settings.ts';
import { withSettings } from '../serve.ts';
import { makeTree } from '../staticfiles/tree.ts';

const SAMPLE = join(import.meta.dirname, '../project/src/sample');
const STRONG_KEY = 'abcdefghij'.repeat(5);

const SOUND: Partial<Settings> = {
  SECRET_KEY: STRONG_KEY,
  SECRET_KEY_FALLBACKS: [STRONG_KEY],
  ALLOWED_HOSTS: ['example.com'],
  ROOT_URLCONF: join(SAMPLE, 'urls.ts'),
  MIDDLEWARE: [securityHeaders, hosts, httpsRedirect, crossOriginProtection],
  SECURE_SSL_REDIRECT: true,
  SECURE_HSTS_SECONDS: 3600,
  SECURE_HSTS_INCLUDE_SUBDOMAINS: true,
  SECURE_HSTS_PRELOAD: true,
  SECURE_PROXY_SSL_HEADER: ['HTTP_X_FORWARDED_PROTO', 'https'],
};

beforeEach(() => {
  vi.stubEnv('FORWARDED_ALLOW_IPS', '10.0.0.0/8');
  vi.stubEnv('APP_REPLICAS', undefined);
  // Without a Compose file: what runs together has tests of its own.
  vi.spyOn(process, 'cwd').mockReturnValue(SAMPLE);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

async function idsUnder(changes: Partial<Settings>): Promise<string[]> {
  withSettings({ ...SOUND, ...changes });
  const { messages } = await findIssues(true);
  for (const { level, id } of messages) {
    expect(id).toMatch(level === 'error' ? /\.E\d{3}$/ : /\.W\d{3}$/);
  }
  return messages.map(({ id }) => id);
}

test('a sound project has no messages', async () => {
  expect(await idsUnder({})).toEqual([]);
});

const ALL_MIDDLEWARE = SOUND.MIDDLEWARE ?? [];
const without = (missing: unknown) => ({
  MIDDLEWARE: ALL_MIDDLEWARE.filter((middleware) => middleware !== missing),
});
const FRAMED_BY_ITSELF = { 'frame-ancestors': ["'self'"] };

test.for<[id: string, changes: object]>([
  ['settings.W101', { ALOWED_HOSTS: [] }],
  ['urls.E001', { ROOT_URLCONF: '' }],
  ['urls.E001', { ROOT_URLCONF: join(SAMPLE, 'settings.ts') }],
  ['urls.W101', { ROOT_URLCONF: join(import.meta.dirname, 'ambiguous-urls.ts') }],
  [
    'urls.W102',
    {
      ROOT_URLCONF: join(import.meta.dirname, 'health-urls.ts'),
      MIDDLEWARE: [...ALL_MIDDLEWARE, health],
    },
  ],
  ['urls.W103', { ROOT_URLCONF: join(import.meta.dirname, 'regex-urls.ts') }],
  ['staticfiles.W004', { STATICFILES_DIRS: ['/nowhere/at/all'] }],
  ['staticfiles.W101', { STATIC_ROOT: '/nowhere/at/all' }],
  ['files.E001', { FILE_UPLOAD_TEMP_DIR: '/nowhere/at/all' }],
  ['files.E001', { FILE_UPLOAD_TEMP_DIR: '/dev/null' }],
  ['security.W001', without(securityHeaders)],
  ['security.W003', without(crossOriginProtection)],
  ['security.W004', { SECURE_HSTS_SECONDS: 0 }],
  ['security.W004', { SECURE_HSTS_SECONDS: 0, SECURE_HSTS_INCLUDE_SUBDOMAINS: false }],
  ['security.W004', { SECURE_HSTS_SECONDS: 0, SECURE_HSTS_PRELOAD: false }],
  ['security.W005', { SECURE_HSTS_INCLUDE_SUBDOMAINS: false }],
  ['security.W006', { SECURE_CONTENT_TYPE_NOSNIFF: false }],
  ['security.W008', { SECURE_SSL_REDIRECT: false }],
  ['security.W008', without(httpsRedirect)],
  ['security.W009', { SECRET_KEY: '' }],
  ['security.W009', { SECRET_KEY: STRONG_KEY.slice(1) }],
  ['security.W009', { SECRET_KEY: 'abcd'.repeat(20) }],
  ['security.W009', { SECRET_KEY: `insecure-${STRONG_KEY}` }],
  ['security.W018', { DEBUG: true }],
  ['security.W019', { X_FRAME_OPTIONS: 'SAMEORIGIN', SECURE_CSP: FRAMED_BY_ITSELF }],
  ['security.W020', { ALLOWED_HOSTS: [] }],
  ['security.W021', { SECURE_HSTS_PRELOAD: false }],
  ['security.W022', { SECURE_REFERRER_POLICY: null }],
  ['security.W022', { SECURE_REFERRER_POLICY: '' }],
  ['security.E023', { SECURE_REFERRER_POLICY: 'same-orign' }],
  ['security.E023', { SECURE_REFERRER_POLICY: 'no-referrer, all' }],
  ['security.W025', { SECRET_KEY_FALLBACKS: [STRONG_KEY, 'short'] }],
  ['security.W101', without(hosts)],
  ['security.W102', { ALLOWED_HOSTS: ['*'] }],
  ['security.W104', { SECURE_CSP: FRAMED_BY_ITSELF }],
])('%s fires under %j, alone', async ([id, changes]) => {
  expect(await idsUnder(changes)).toEqual([id]);
});

test.for<[changes: object]>([
  [{ MY_OWN_SETTING: 1, BASE_DIR: '/', BUG: 1 }],
  [{ ROOT_URLCONF: join(import.meta.dirname, 'health-urls.ts') }],
  [{ SECURE_REFERRER_POLICY: 'no-referrer, strict-origin-when-cross-origin' }],
  [{ SECURE_REFERRER_POLICY: 'unsafe-url' }],
  [{ ALLOWED_HOSTS: ['.example.com'] }],
  [{ SECURE_CSP: { 'frame-ancestors': ["'none'"] } }],
  [{ SECURE_CSP: { 'frame-ancestors': ["'self'", 'https://partner.example'] } }],
  [{ SECURE_CSP: {} }],
])('no check fires under %j', async ([changes]) => {
  expect(await idsUnder(changes)).toEqual([]);
});

test('frame-ancestors without a source is DENY', async () => {
  const changes: Partial<Settings> = {
    X_FRAME_OPTIONS: 'SAMEORIGIN',
    SECURE_CSP: { 'frame-ancestors': [] },
  };
  expect(await idsUnder(changes)).toEqual(['security.W019', 'security.W104']);
});

test('all that is wrong with the URLs is told at once', async () => {
  withSettings({ ...SOUND, ROOT_URLCONF: join(import.meta.dirname, 'broken-urls.ts') });
  const { messages } = await findIssues(false);
  expect(messages.map(({ id, message }) => [id, message])).toEqual([
    ['urls.E001', "URL pattern '/a/' starts with a slash: leave it out."],
    ['urls.E001', "URL pattern 'b/' has the view undefined: expected a function."],
    ['urls.E001', expect.stringContaining("There is no URL converter 'nit'")],
    ['urls.E001', "include('d/') has the urlpatterns undefined: expected a list."],
  ]);
});

test('a static file that the sources name and nobody has is told with the source', async () => {
  const src = makeTree({
    'src/app/views.ts': "staticUrl('ap.css'); staticUrl('app.css#a'); staticUrl(`${x}.css`);",
    'static/app.css': '',
  });
  vi.spyOn(process, 'cwd').mockReturnValue(src);
  onTestFinished(() => void vi.restoreAllMocks());
  const STATICFILES_DIRS = [join(src, 'static')];
  withSettings({ ...SOUND, STATIC_URL: '/static/', STATICFILES_DIRS });
  const { messages } = await findIssues(false);
  expect(messages).toEqual([
    {
      level: 'warning',
      id: 'staticfiles.W102',
      message:
        "app/views.ts: There is no static file 'ap.css' in STATICFILES_DIRS: did you mean 'app.css'?",
    },
  ]);
});

test('STATIC_ROOT must not be inside a folder of STATICFILES_DIRS', async () => {
  const folder = makeTree({});
  const ids = await idsUnder({
    STATICFILES_DIRS: [folder],
    STATIC_ROOT: join(folder, 'collected'),
  });
  expect(ids).toEqual(['staticfiles.E002', 'staticfiles.W101']);
});

test('a STATIC_ROOT that collectstatic has filled is fine', async () => {
  const root = makeTree({ 'staticfiles.json': '{}' });
  expect(await idsUnder({ STATIC_ROOT: root })).toEqual([]);
});

test('the folders that STATIC_ROOT was filled from are missed under DEBUG alone', async () => {
  const root = makeTree({ 'staticfiles.json': '{}' });
  const inTheImage = { STATIC_ROOT: root, STATICFILES_DIRS: ['/nowhere/at/all'] };
  expect(await idsUnder(inTheImage)).toEqual([]);
  expect(await idsUnder({ ...inTheImage, DEBUG: true })).toEqual([
    'staticfiles.W004',
    'security.W018',
  ]);
});

test('without SECRET_KEY more than one replica is an error', async () => {
  vi.stubEnv('APP_REPLICAS', '2');
  expect(await idsUnder({ SECRET_KEY: '' })).toEqual(['security.E101']);
  expect(await idsUnder({ SECRET_KEY: STRONG_KEY })).toEqual([]);
});

test('a proxy header is believed only where the gateway believes it', async () => {
  vi.stubEnv('FORWARDED_ALLOW_IPS', '');
  expect(await idsUnder({})).toEqual(['security.W103']);
  expect(await idsUnder({ SECURE_PROXY_SSL_HEADER: null })).toEqual([]);
});

test.for<[name: string, value: unknown]>([
  ['SECURE_CROSS_ORIGIN_OPENER_POLICY', 'other-origin'],
  ['SECURE_CSP', "default-src 'self'"],
])("what Django's E024 and W026 look for in %s stops the settings", ([name, value]) => {
  expect(() => withSettings({ [name]: value })).toThrow(name);
});

test('SAMEORIGIN beside the default SECURE_CSP is told', async () => {
  const ids = await idsUnder({ X_FRAME_OPTIONS: 'SAMEORIGIN' });
  expect(ids).toEqual(['security.W019', 'security.W104']);
});

test('a silenced message is counted and not shown', async () => {
  withSettings({ ...SOUND, DEBUG: true, SILENCED_SYSTEM_CHECKS: ['security.W018'] });
  const result = await findIssues(true);
  expect(result).toEqual({ messages: [], silencedCount: 1 });
});

test('deployment checks run only when asked for', async () => {
  withSettings({ ...SOUND, DEBUG: true });
  expect((await findIssues(false)).messages).toEqual([]);
});

test("a project's own check runs with the others, or for a deployment alone", async () => {
  registerCheck(() => [{ level: 'warning', id: 'mine.W001', message: 'Mine.' }]);
  registerCheck(() => [{ level: 'warning', id: 'mine.W002', message: 'Mine.' }], { deploy: true });
  expect(await idsUnder({})).toEqual(['mine.W001', 'mine.W002']);
  const { messages } = await findIssues(false);
  expect(messages.map(({ id }) => id)).toEqual(['mine.W001']);
});

test('levels have an order', () => {
  expect(isAtLeast('error', 'warning')).toBe(true);
  expect(isAtLeast('warning', 'warning')).toBe(true);
  expect(isAtLeast('info', 'warning')).toBe(false);
});
