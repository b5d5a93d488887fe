import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runChecks } from '../../../src/framework/checks/check.ts';
import { registeredChecks, registerCheck } from '../../../src/framework/checks/registry.ts';
import { hosts } from '../../../src/framework/middleware/hosts.ts';
import { securityHeaders } from '../../../src/framework/middleware/security-headers.ts';
import type { Settings } from '../../../src/framework/settings.ts';
import { withSettings } from '../serve.ts';
import { makeTree } from '../staticfiles/tree.ts';

const SOUND: Partial<Settings> = {
  ALLOWED_HOSTS: ['example.com'],
  ROOT_URLCONF: 'myproject.urls',
  MIDDLEWARE: [securityHeaders, hosts],
  SECURE_HSTS_SECONDS: 3600,
};

async function idsUnder(changes: Partial<Settings>): Promise<string[]> {
  withSettings({ ...SOUND, ...changes });
  const { messages } = await runChecks(registeredChecks(true));
  return messages.map(({ id }) => id);
}

test('a sound project has no messages', async () => {
  expect(await idsUnder({})).toEqual([]);
});

test.for<[id: string, changes: Partial<Settings>]>([
  ['urls.E001', { ROOT_URLCONF: '' }],
  ['urls.E001', { ROOT_URLCONF: 'myproject.settings' }],
  ['urls.W101', { ROOT_URLCONF: join(import.meta.dirname, 'ambiguous-urls.ts') }],
  ['staticfiles.W004', { STATICFILES_DIRS: ['/nowhere/at/all'] }],
  ['staticfiles.E002', { STATICFILES_DIRS: ['/tmp/a'], STATIC_ROOT: '/tmp/a/b' }],
  ['security.W001', { MIDDLEWARE: [hosts] }],
  ['security.W101', { MIDDLEWARE: [securityHeaders] }],
  ['security.W004', { SECURE_HSTS_SECONDS: 0 }],
  ['security.W006', { SECURE_CONTENT_TYPE_NOSNIFF: false }],
  ['security.W018', { DEBUG: true }],
  ['security.W019', { X_FRAME_OPTIONS: 'SAMEORIGIN' }],
  ['security.W020', { ALLOWED_HOSTS: [] }],
  ['security.W022', { SECURE_REFERRER_POLICY: null }],
])('%s fires under %j, alone', async ([id, changes]) => {
  expect(await idsUnder(changes)).toEqual([id]);
});

test('a silenced message is counted and not shown', async () => {
  withSettings({ ...SOUND, DEBUG: true, SILENCED_SYSTEM_CHECKS: ['security.W018'] });
  const result = await runChecks(registeredChecks(true));
  expect(result).toEqual({ messages: [], silencedCount: 1 });
});

test('deployment checks run only when asked for', async () => {
  withSettings({ ...SOUND, DEBUG: true });
  expect((await runChecks(registeredChecks(false))).messages).toEqual([]);
});

test("a project's own check runs with the others", async () => {
  registerCheck(() => [{ level: 'warning', id: 'mine.W001', message: 'Mine.' }]);
  expect(await idsUnder({ STATICFILES_DIRS: [makeTree({})] })).toEqual(['mine.W001']);
});
