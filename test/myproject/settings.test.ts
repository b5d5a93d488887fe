import { join } from 'node:path';
import type { Settings } from '@wsgi/framework/settings';
import { testClient } from '@wsgi/framework/testing';
import { expect, expectTypeOf, test } from 'vitest';
import { MIDDLEWARE } from '../../src/myproject/settings.ts';

test('another settings module customises the first', async () => {
  process.env['SETTINGS_MODULE'] = join(import.meta.dirname, 'settings-staging.ts');
  const client = await testClient();
  const statusFor = async (Host: string) => (await client.get('/', { headers: { Host } })).status;
  expect(await statusFor('staging.example')).toBe(200);
  expect(await statusFor('localhost')).toBe(400);
});

test('the compiler knows the own settings, with their types', () => {
  expectTypeOf<Settings['BASE_DIR']>().toEqualTypeOf<string>();
  expectTypeOf<Settings>().not.toHaveProperty('NOWHERE');
});

test('the middleware has the order that docs/settings.md gives reasons for, yours in between', () => {
  const documented = [
    'requestId',
    'securityHeaders',
    'health',
    'hosts',
    'httpsRedirect',
    'crossOriginProtection',
    'staticFiles',
  ];
  const names = MIDDLEWARE.map(({ name }) => name);
  expect(names.filter((name) => documented.includes(name))).toEqual(documented);
});
