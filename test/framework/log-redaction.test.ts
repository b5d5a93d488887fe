import { expect, test } from 'vitest';
import { redactFields, redactPasswords } from '../../src/framework/log-redaction.ts';

test.for([
  'accessToken',
  'Access-Token',
  'API_KEY',
  'apiKey',
  'Authorization',
  'client_secret',
  'Cookie',
  'passwd',
  'password',
  'Proxy-Authorization',
  'refreshToken',
  'secret',
  'SECRET_KEY',
  'Set-Cookie',
  'token',
  'X-API-Key',
  'x-auth-token',
])('the value of %s is not written, in whichever object', (name) => {
  const fields = { [name]: 'canary', headers: { [name]: ['canary'] }, all: [{ [name]: 'canary' }] };
  expect(redactFields(fields)).toEqual({
    [name]: '[Redacted]',
    headers: { [name]: '[Redacted]' },
    all: [{ [name]: '[Redacted]' }],
  });
});

test.for([
  ['redis://:canary@cache:6379', 'redis://:[Redacted]@cache:6379'],
  ['postgres://app:can@ary@db/x', 'postgres://app:[Redacted]@db/x'],
  ['http://site.example:8080/react@19', 'http://site.example:8080/react@19'],
])('the password in %s is not written', ([url, written]) => {
  expect(redactPasswords(`{"message":"${url}"}`)).toBe(`{"message":"${written}"}`);
});

test('what lies deeper than five levels is told by its kind', () => {
  const deepest = { list: [1], object: { a: 1 }, text: 'x' };
  expect(redactFields({ a: { b: { c: { d: { e: deepest } } } } })).toEqual({
    a: { b: { c: { d: { e: { list: '[Array]', object: '[Object]', text: 'x' } } } } },
  });
  expect(redactFields({ a: [[[[['x', [1]]]]]] })).toEqual({ a: [[[[['x', '[Array]']]]]] });
});

test('of many items and fields a hundred are written', () => {
  const many = Array.from({ length: 101 }, (_, index) => index);
  expect(redactFields({ many })).toEqual({ many: many.slice(0, 100) });
  expect(Object.keys(redactFields(Object.fromEntries(many.entries())))).toHaveLength(100);
});

test('what turns itself into JSON is written as that, and comes to an end', () => {
  const ring = { toJSON: () => ({ ring }) };
  expect(redactFields({ made: { toJSON: () => ({ token: 'canary', a: 1 }) } })).toEqual({
    made: { token: '[Redacted]', a: 1 },
  });
  expect(redactFields({ plain: { toJSON: 'x' } })).toEqual({ plain: { toJSON: 'x' } });
  expect(JSON.stringify(redactFields({ ring }))).toContain('[Object]');
});
