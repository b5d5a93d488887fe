import { expect, test } from 'vitest';
import { isSecretName, maskQuery, maskUrls, showSetting } from '../../src/framework/masking.ts';
import { cpuTimeMs } from '../cpu-time.ts';

test.for<[name: string, value: unknown, shown: string]>([
  ['NAME', 'plain', "'plain'"],
  ['SECRET_KEY', 'canary', "'********'"],
  ['SECRET_KEY', '', "''"],
  ['SECRET_KEY', null, 'null'],
  ['SECRET_KEY_FALLBACKS', ['canary'], "'********'"],
  ['SECRET_KEY_FALLBACKS', [], '[]'],
  ['PASSWORD_REQUIRED', true, 'true'],
  ['PASSWORD_CHECK', function check() {}, '[Function: check]'],
  ['SESSION_COOKIE_NAME', 'sid', "'sid'"],
  ['SINCE', new Date(0), '1970-01-01T00:00:00.000Z'],
  ['PATTERN', /a/, '/a/'],
  ['DATABASE_URL', 'postgres://app:canary@db/app', "'postgres://********@db/app'"],
  ['DATABASE_URL', 'postgres://app:can@ary@db/app', "'postgres://********@db/app'"],
  ['DATABASE_URL', 'postgres://app:can/ary@db/app', "'postgres://********@db/app'"],
  ['DATABASE', new URL('postgres://app:canary@db/app'), "'postgres://********@db/app'"],
  ['DATABASE', 'host=db user=app password=canary', "'host=db user=app password=********'"],
  ['FEED', 'https://example.com/?token=canary&a=1', "'https://example.com/?token=********&a=1'"],
  [
    'DATABASES',
    { main: { user: 'app', password: 'canary' } },
    "{ main: { user: 'app', password: '********' } }",
  ],
  ['SERVICES', [{ apiKey: 'canary' }], "[ { apiKey: '********' } ]"],
  ['SERVICES', new Map([['token', 'canary']]), "Map(1) { 'token' => '********' }"],
  ['CLIENT', new (class Client { secret = 'canary'; })(), '[Client]'], // prettier-ignore
  ['BARE', Object.assign(Object.create(null), { token: 'canary' }), "{ token: '********' }"],
  ['NESTED', { a: { b: { c: { d: 1 } } } }, '{ a: { b: { c: { d: 1 } } } }'],
  ['DEEP', { a: { b: { c: { d: { e: {} } } } } }, '{ a: { b: { c: { d: { e: … } } } } }'],
  ['DEEP', [[[[[[]]]]]], '[ [ [ [ [ [] ] ] ] ] ]'],
  ['DEEP', [[[[[[1]]]]]], '[ [ [ [ [ … ] ] ] ] ]'],
  ['AUTHOR', 'Ann', "'Ann'"],
  ['SECURE_CSP', { 'img-src': ["'self'"] }, `{ 'img-src': [ "'self'" ] }`],
])('%s = %o is shown as %s', ([name, value, shown]) => {
  expect(showSetting(name, value)).toBe(shown);
});

test('a setting that holds itself comes to an end', () => {
  const ring: Record<string, unknown> = { password: 'canary' };
  ring['ring'] = ring;
  expect(showSetting('RING', ring)).not.toContain('canary');
});

test.for<[string, string]>([
  ['token=canary', 'token=********'],
  ['%74oken=canary', '%74oken=********'],
  ['a=1&access%5Ftoken=canary#x', 'a=1&access%5Ftoken=********#x'],
  ['/reset/?password=canary&next=/', '/reset/?password=********&next=/'],
  ['q=canary', 'q=canary'],
  ['text/html;q=0.9, */*;q=0.8', 'text/html;q=0.9, */*;q=0.8'],
  ['token=&a=1', 'token=&a=1'],
  ["?password=o'can;ary&a=1", '?password=********&a=1'],
  ['https://example.com/#access_token=canary', 'https://example.com/#access_token=********'],
  ['/?next=/a?token=can?ary', '/?next=/a?token=********'],
  ['host=db password=can&a#ry user=app', 'host=db password=******** user=app'],
  ["host=db password='can ary' user=app", 'host=db password=******** user=app'],
  ["host=db password='can token=ary' user=app", 'host=db password=******** user=app'],
  ['Server=db;User Id=app;Password=canary;', 'Server=db;User Id=app;Password=********'],
  ['AccountName=app;AccountKey=canary==', 'AccountName=app;AccountKey=********'],
])('%s becomes %s', ([text, expected]) => {
  expect(maskQuery(text)).toBe(expected);
});

test('the place of a module in a stack stays', () => {
  const place = 'at parse (file:///app/node_modules/@scope/name/index.js:1:2)';
  expect(maskUrls(place)).toBe(place);
});

test.for(['//', ' a', 'a;', 'token=', ' token="', "token=' ", '//@'])(
  'a hostile text of %j again and again is masked in time',
  (piece) => {
    const text = piece.repeat(65_536);
    expect(cpuTimeMs(() => maskQuery(text))).toBeLessThan(1000);
  },
);

test.for([
  'Authorization',
  'Proxy-Authorization',
  'Cookie',
  'Set-Cookie',
  'X-Api-Key',
  'HTTP_COOKIE',
])('%s is a secret', (name) => {
  expect(isSecretName(name)).toBe(true);
});
