import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';

// The key is made once in a process: each test gets the framework anew.
beforeEach(() => {
  vi.resetModules();
  vi.unstubAllEnvs();
  vi.stubEnv('SETTINGS_MODULE', join(import.meta.dirname, 'settings-modules', 'secret-key.ts'));
});

async function start() {
  const { loadSettings, settings } = await import('../src/settings.ts');
  const { capturedLog } = await import('./captured-log.ts');
  const { sign, unsign, permitMadeKey } = await import('../src/signing.ts');
  const lines = capturedLog();
  await loadSettings();
  return { lines, settings, sign, unsign, permitMadeKey };
}

const salt = 'a test';

/** A process of its own signs, and another one is asked whether it takes the signature. */
async function isTakenByAnother(): Promise<boolean> {
  const one = await start();
  one.permitMadeKey();
  const signed = one.sign('value', { salt });
  vi.resetModules();
  const { permitMadeKey, unsign } = await start();
  permitMadeKey();
  try {
    return unsign(signed, { salt }) === 'value';
  } catch {
    return false;
  }
}

test('an empty key is an error where it is read, not where it is loaded', async () => {
  const { settings } = await start();
  expect(() => settings.SECRET_KEY).toThrow(/^SECRET_KEY is empty: expected a long random text/);
});

test('a key that is given signs, without a word', async () => {
  vi.stubEnv('TEST_SECRET_KEY', 'given');
  const { lines, permitMadeKey } = await start();
  permitMadeKey();
  expect(lines).toEqual([]);
  vi.resetModules();
  expect(await isTakenByAnother()).toBe(true);
});

test('where none is given an application says what that means', async () => {
  const { lines, sign, unsign, permitMadeKey } = await start();
  permitMadeKey();
  expect(lines).toMatchObject([
    {
      level: 'warn',
      message: expect.stringMatching(/SECRET_KEY is not set: one is made for this process alone/),
    },
  ]);
  expect(unsign(sign('value', { salt }), { salt })).toBe('value');
});

test('a key that is made is no setting: what only checks the project makes none', async () => {
  const { permitMadeKey, settings, sign } = await start();
  permitMadeKey();
  sign('value', { salt });
  expect('SECRET_KEY' in settings).toBe(false);
});

test('two processes without a gateway make two keys', async () => {
  expect(await isTakenByAnother()).toBe(false);
});

test('workers of one gateway make the same key, which is not its secret', async () => {
  vi.stubEnv('GATEWAY_SECRET', 'random, from the arbiter');
  expect(await isTakenByAnother()).toBe(true);
  vi.resetModules();
  const { lines, sign, permitMadeKey } = await start();
  permitMadeKey();
  expect(lines).toMatchObject([{ message: expect.stringContaining('workers of this gateway') }]);
  const signed = sign('value', { salt });
  vi.resetModules();
  vi.stubEnv('GATEWAY_SECRET', undefined);
  vi.stubEnv('TEST_SECRET_KEY', 'random, from the arbiter');
  const { unsign } = await start();
  expect(() => unsign(signed, { salt })).toThrow('does not match');
});
