import { createHmac } from 'node:crypto';
import { afterEach, expect, test, vi } from 'vitest';
import { BadSignature, sign, unsign } from '../src/signing.ts';
import { withSettings } from './serve.ts';

const KEY = { SECRET_KEY: 'the key of these tests' };
const salt = 'test';

afterEach(() => {
  vi.useRealTimers();
});

test.for(['', 'plain', 'with:colons::', 'é🚀\nlines', ':'])('%j comes back', (value) => {
  withSettings(KEY);
  expect(unsign(sign(value, { salt }), { salt })).toBe(value);
});

test('the value stays readable', () => {
  withSettings(KEY);
  expect(sign('user-7', { salt })).toMatch(/^user-7:[0-9a-z]+:[\w-]{43}$/);
});

test('any other character makes it worthless', () => {
  withSettings(KEY);
  const signed = sign('user-7', { salt });
  for (const index of signed.split('').keys()) {
    const other = signed[index] === 'x' ? 'y' : 'x';
    const tampered = signed.slice(0, index) + other + signed.slice(index + 1);
    expect(() => unsign(tampered, { salt })).toThrow(BadSignature);
  }
  expect(() => unsign(`${signed}x`, { salt })).toThrow(BadSignature);
});

test.for(['', 'user-7', ':::', 'user-7:1:', `user-7:1:${'A'.repeat(43)}`, 'x'.repeat(65_536)])(
  'what was never signed is refused: %j',
  (text) => {
    withSettings(KEY);
    expect(() => unsign(text, { salt })).toThrow(BadSignature);
  },
);

test('a signature for one purpose is worth nothing for another', () => {
  withSettings(KEY);
  expect(() => unsign(sign('user-7', { salt: 'login' }), { salt: 'reset' })).toThrow(BadSignature);
});

test('what was signed with another key is refused, unless that is a fallback', () => {
  withSettings({ SECRET_KEY: 'former' });
  const signed = sign('user-7', { salt });
  withSettings({ SECRET_KEY: 'new' });
  expect(() => unsign(signed, { salt })).toThrow(BadSignature);
  withSettings({ SECRET_KEY: 'new', SECRET_KEY_FALLBACKS: ['older', 'former'] });
  expect(unsign(signed, { salt })).toBe('user-7');
  expect(sign('user-7', { salt })).not.toBe(signed);
});

test('an empty fallback is no key: everybody could sign with it', () => {
  withSettings({ ...KEY, SECRET_KEY_FALLBACKS: [''] });
  const signed = `admin:${Math.floor(Date.now() / 1000).toString(36)}`;
  const keyOfSalt = createHmac('sha256', '').update(salt).digest();
  const signature = createHmac('sha256', keyOfSalt).update(signed).digest('base64url');
  expect(() => unsign(`${signed}:${signature}`, { salt })).toThrow(BadSignature);
});

test('what is too old is refused', () => {
  withSettings(KEY);
  vi.useFakeTimers({ now: 1_000_000 });
  const signed = sign('user-7', { salt });
  vi.setSystemTime(1_000_000 + 60_000);
  expect(unsign(signed, { salt, maxAgeSeconds: 60 })).toBe('user-7');
  expect(() => unsign(signed, { salt, maxAgeSeconds: 59 })).toThrow('older than 59 seconds');
});

test('an age that is no number, which no signature would be too old for, is refused', () => {
  withSettings(KEY);
  const signed = sign('user-7', { salt });
  expect(() => unsign(signed, { salt, maxAgeSeconds: Number.NaN })).toThrow(RangeError);
  expect(() => unsign(signed, { salt, maxAgeSeconds: 'a day' as never })).toThrow(BadSignature);
  expect(() => unsign(signed, { salt, maxAgeSeconds: -1 })).toThrow(BadSignature);
});

test('without a key nothing is signed', () => {
  withSettings({ SECRET_KEY: '' });
  expect(() => sign('user-7', { salt })).toThrow(/^SECRET_KEY is empty/);
});
