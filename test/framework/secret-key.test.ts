import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';

// The key is made once in a process: each test gets the framework anew.
beforeEach(() => {
  vi.resetModules();
  vi.unstubAllEnvs();
  vi.stubEnv('SETTINGS_MODULE', join(import.meta.dirname, 'settings-modules', 'secret-key.ts'));
});

async function start() {
  const { loadSettings, settings } = await import('../../src/framework/settings.ts');
  const { capturedLog } = await import('./captured-log.ts');
  const { provideSecretKey } = await import('../../src/framework/secret-key.ts');
  const lines = capturedLog();
  await loadSettings();
  return { lines, settings, provideSecretKey };
}

test('an empty key is an error where it is read, not where it is loaded', async () => {
  const { settings } = await start();
  expect(() => settings.SECRET_KEY).toThrow(/^SECRET_KEY is empty: expected a long random text/);
});

test('a key that is given stays, without a word', async () => {
  vi.stubEnv('TEST_SECRET_KEY', 'given');
  const { lines, settings, provideSecretKey } = await start();
  provideSecretKey();
  expect(settings.SECRET_KEY).toBe('given');
  expect(lines).toEqual([]);
});

test('where none is given an application makes its own, and says what that means', async () => {
  const { lines, settings, provideSecretKey } = await start();
  provideSecretKey();
  expect(settings.SECRET_KEY).toMatch(/^[\w-]{86}$/);
  expect(lines).toMatchObject([
    {
      level: 'warn',
      message: expect.stringMatching(/SECRET_KEY is not set: one was made for this process alone/),
    },
  ]);
});

test('two processes without a gateway make two keys', async () => {
  const one = await start();
  one.provideSecretKey();
  vi.resetModules();
  const other = await start();
  other.provideSecretKey();
  expect(other.settings.SECRET_KEY).not.toBe(one.settings.SECRET_KEY);
});

test('workers of one gateway make the same key', async () => {
  vi.stubEnv('GATEWAY_SECRET', 'random, from the arbiter');
  const one = await start();
  one.provideSecretKey();
  vi.resetModules();
  const other = await start();
  other.provideSecretKey();
  expect(other.settings.SECRET_KEY).toBe(one.settings.SECRET_KEY);
  expect(other.lines).toMatchObject([
    { message: expect.stringContaining('workers of this gateway') },
  ]);
  expect(other.settings.SECRET_KEY).not.toContain('random');
});
