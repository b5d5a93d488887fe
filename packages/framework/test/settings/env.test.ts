import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { collectEnvironmentProblems, env } from '../../src/settings/env.ts';
import { ImproperlyConfigured } from '../../src/errors.ts';
import { temporaryFolder } from '../../../wsgi/test/temporary-folder.ts';

afterEach(() => vi.unstubAllEnvs());

test.for<[kind: string, text: string, read: () => unknown, value: unknown]>([
  ['string', 'text', () => env.string('X'), 'text'],
  ['integer', '-12', () => env.integer('X'), -12],
  ['integer', ' 7 ', () => env.integer('X'), 7],
  ['boolean', 'Yes', () => env.boolean('X'), true],
  ['boolean', 'off', () => env.boolean('X'), false],
  ['list', 'a, b,,c ', () => env.list('X'), ['a', 'b', 'c']],
  ['choice', 'warn', () => env.choice('X', ['info', 'warn']), 'warn'],
  ['duration', '90', () => env.durationSeconds('X'), 90],
  ['duration', '90s', () => env.durationSeconds('X'), 90],
  ['duration', '5m', () => env.durationSeconds('X'), 300],
  ['duration', '2h', () => env.durationSeconds('X'), 7200],
  ['duration', '1d', () => env.durationSeconds('X'), 86_400],
  ['duration', '500ms', () => env.durationSeconds('X'), 0.5],
  ['bytes', '2048', () => env.bytes('X'), 2048],
  ['bytes', '64k', () => env.bytes('X'), 65_536],
  ['bytes', '10M', () => env.bytes('X'), 10_485_760],
  ['bytes', '1g', () => env.bytes('X'), 1_073_741_824],
  ['url', 'https://example.com/a', () => env.url('X').pathname, '/a'],
  ['secret', 'hush', () => env.secret('X'), 'hush'],
])('a %s is read from %s', ([, text, read, value]) => {
  vi.stubEnv('X', text);
  expect(read()).toEqual(value);
});

test.for<[text: string, read: () => unknown, expected: string]>([
  ['1.5', () => env.integer('X'), "X is '1.5': expected an integer."],
  ['1e3', () => env.integer('X'), "X is '1e3': expected an integer."],
  ['maybe', () => env.boolean('X', false), "X is 'maybe': expected true or false."],
  ['__proto__', () => env.boolean('X'), "X is '__proto__': expected true or false."],
  ['loud', () => env.choice('X', ['info', 'warn']), "X is 'loud': expected one of info, warn."],
  ['5 weeks', () => env.durationSeconds('X'), 'expected a duration such as'],
  ['-5m', () => env.durationSeconds('X'), 'expected a duration such as'],
  ['1t', () => env.bytes('X'), 'expected a size such as'],
  ['nowhere', () => env.url('X'), "X is 'nowhere': expected an absolute URL."],
])('%s is refused with the name, the value and what is expected', ([text, read, message]) => {
  vi.stubEnv('X', text);
  expect(read).toThrow(ImproperlyConfigured);
  expect(read).toThrow(message);
});

test('an unset variable gives the fallback, and an empty one counts as unset', () => {
  expect(env.integer('X', 7)).toBe(7);
  expect(env.url('X', 'https://example.com/a').pathname).toBe('/a');
  expect(env.secret('X', 'fallback')).toBe('fallback');
  vi.stubEnv('X', '');
  expect(env.boolean('X', true)).toBe(true);
  expect(env.list('X', ['a'])).toEqual(['a']);
});

test('an unset variable without a fallback is refused', () => {
  expect(() => env.integer('X')).toThrow('X is not set: expected an integer.');
  expect(() => env.secret('X')).toThrow('X is not set: expected it, or X_FILE.');
});

test('an empty secret without a fallback is refused', () => {
  vi.stubEnv('X', '');
  expect(() => env.secret('X')).toThrow('X is not set: expected it, or X_FILE.');
});

test.for([
  ['hush\n', 'hush'],
  ['two\nlines\r\n', 'two\nlines'],
] as const)(
  'a secret comes from the file that NAME_FILE names, without its last line end: %j',
  ([content, secret]) => {
    const file = join(temporaryFolder(), 'key');
    writeFileSync(file, content);
    vi.stubEnv('X_FILE', file);
    expect(env.secret('X')).toBe(secret);
  },
);

test('a secret that is set twice is refused, without its value', () => {
  vi.stubEnv('X', 'hush');
  vi.stubEnv('X_FILE', '/run/secrets/x');
  expect(() => env.secret('X')).toThrow(/^X and X_FILE are both set: expected one\.$/);
});

test.for<[name: string, value: string, shown: string]>([
  ['API_TOKEN', 'canary', '********'],
  ['DATABASE_URL', 'postgres//app:canary@db', 'postgres//********@db'],
  ['DATABASE_URL', 'postgres://app:can/ary@db/app', 'postgres://********@db/app'],
  ['DATABASE_URL', 'postgres://app:can/a@r y@db/app', 'postgres://********@db/app'],
  ['DATABASE_URL', 'POSTGRES//app:canary@db', 'POSTGRES//********@db'],
  ['DATABASE_URL', 'app@can ary@db', '********@db'],
  ['DATABASE_URL', 'app@can\nary@db', '********@db'],
  ['DATABASE_URL', '/app?password=canary', '/app?password=********'],
])('%s is told without its secret where it is wrong', ([name, value, shown]) => {
  vi.stubEnv(name, value);
  expect(() => env.url(name)).toThrow(`${name} is '${shown}': expected an absolute URL.`);
});

test('an empty secret file counts as unset', () => {
  const file = join(temporaryFolder(), 'key');
  writeFileSync(file, '\n');
  vi.stubEnv('X_FILE', file);
  expect(() => env.secret('X')).toThrow(`X_FILE is '${file}': expected it not to be empty.`);
  expect(env.secret('X', 'fallback')).toBe('fallback');
});

test.for<[what: string, makeFile: () => string, reason: string]>([
  ['missing', () => '/nowhere/x', 'there is no such file.'],
  ['below a file', () => '/dev/null/x', 'there is no such file.'],
  ['a folder', () => temporaryFolder(), 'expected a file, and it is a folder.'],
  // Root may read everything but this.
  ['unreadable', () => '/proc/self/mem', 'cannot read it (EIO).'],
])('a secret file that is %s is refused, and told so', ([, makeFile, reason]) => {
  vi.stubEnv('X_FILE', makeFile());
  expect(() => env.secret('X')).toThrow(reason);
  expect(() => env.secret('X', 'fallback')).toThrow(reason);
});

test('all problems are collected, also where a placeholder breaks what follows', async () => {
  vi.stubEnv('X', 'many');
  const problems = await collectEnvironmentProblems(async () => {
    env.integer('X');
    env.string('Y');
    throw new Error('what the placeholder broke');
  });
  expect(problems).toEqual(["X is 'many': expected an integer.", 'Y is not set: expected text.']);
});

test('an error without a problem of the environment comes through', async () => {
  const load = collectEnvironmentProblems(() => Promise.reject(new SyntaxError('broken')));
  await expect(load).rejects.toThrow(SyntaxError);
  expect(() => env.string('X')).toThrow(ImproperlyConfigured);
});
