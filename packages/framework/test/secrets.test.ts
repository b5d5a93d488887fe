import { expect, onTestFinished, test, vi } from 'vitest';
import {
  maskFields,
  maskLine,
  maskQuery,
  maskText,
  showSetting,
  showText,
} from '../src/secrets.ts';
import { env } from '../src/settings/env.ts';
import { cpuTimeMs } from '../../wsgi/test/cpu-time.ts';

const SECRETS = [
  'accessToken',
  'Access-Token',
  'API_KEY',
  'apiKey',
  'Authorization',
  'client_secret',
  'Cookie',
  'cookies',
  'credential',
  'credentials',
  'HTTP_COOKIE',
  'passwd',
  'password',
  'Proxy-Authorization',
  'refreshToken',
  'secret',
  'SECRET_KEY',
  'Set-Cookie',
  'signature',
  'token',
  'X-API-Key',
  'x-auth-token',
  'db_password',
  'apiToken',
  'Pwd',
  'sessionid',
  'SESSION_ID',
  'sig',
  'X-Client-Cert',
  'HTTP_X_FORWARDED_CLIENT_CERT',
  'SSL_CLIENT_CERT',
];

const PLACES: readonly (readonly [
  place: string,
  shown: (name: string, value: string) => string,
])[] = [
  ['a setting', showSetting],
  ['what a setting has inside', (name, value) => showSetting('ALL', [{ [name]: value }])],
  ['a header or a field on a page', showText],
  ['a query', (name, value) => maskQuery(`/?a=1&${name}=${value}`)],
  ['a connection string', (name, value) => maskQuery(`host=db ${name}=${value}`)],
  ['a variable that cannot be read', badVariable],
  ["a log line's field", (name, value) => JSON.stringify(maskFields({ [name]: value }))],
  [
    'what a field of a log line has inside',
    (name, value) => JSON.stringify(maskFields({ all: [{ headers: { [name]: [value] } }] })),
  ],
];

function badVariable(name: string, value: string): string {
  vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  try {
    return String(env.integer(name));
  } catch (error) {
    return String(error);
  }
}

test.for(SECRETS.flatMap((name) => PLACES.map(([place, shown]) => [name, place, shown] as const)))(
  'the value of %s is masked in %s',
  ([name, , shown]) => {
    expect(shown(name, 'canary')).toContain('********');
    expect(shown(name, 'canary')).not.toContain('canary');
  },
);

test.for(
  ['author', 'user', 'path', 'session_cookie_name', 'logger'].flatMap((name) =>
    PLACES.map(([place, shown]) => [name, place, shown] as const),
  ),
)('the value of %s is shown in %s', ([name, , shown]) => {
  expect(shown(name, 'value')).toContain('value');
});

test('a code of a query is masked, and one of an error is not', () => {
  expect(maskQuery('/?state=1&code=canary&sid=canary')).toBe(
    '/?state=1&code=********&sid=********',
  );
  expect(showText('code', 'canary')).toBe('********');
  expect(maskFields({ code: 'ECONNREFUSED' })).toEqual({ code: 'ECONNREFUSED' });
});

const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2ln-_';
const PRIVATE_KEY = '-----BEGIN EC PRIVATE KEY-----\ncanary\n-----END EC PRIVATE KEY-----';

test.for<[text: string, shown: string]>([
  [`got ${TOKEN}, which is old`, 'got ********, which is old'],
  [`Bearer ${TOKEN.slice(0, -6)}`, 'Bearer ********'],
  [`key: ${PRIVATE_KEY} end`, 'key: ******** end'],
  [PRIVATE_KEY.slice(0, 40), '********'],
  [`postgres://app:${'canary'.repeat(100)}@db`, 'postgres://********@db'],
  ['a.eyJ and PRIVATE KEY-', 'a.eyJ and PRIVATE KEY-'],
])('what is a secret by its form is masked, whatever its name: %#', ([text, shown]) => {
  expect(maskText(text)).toBe(shown);
  expect(showText('any', text)).toBe(shown);
  expect(showSetting('ANY', text)).toBe(`'${shown}'`);
  expect(JSON.parse(maskLine(JSON.stringify({ text })))).toEqual({ text: shown });
});

test('what is empty, and a switch, is no secret in a log line either', () => {
  const fields = { password: '', token: null, tokens: [], hasKey: true };
  expect(maskFields(fields)).toEqual(fields);
});

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
  expect(maskText(place)).toBe(place);
});

const HOSTILE = ['//', ' a', 'a;', 'token=', ' token="', "token=' ", '//@', 'eyJ-', '.eyJ', TOKEN];

test.for([...HOSTILE, '-----BEGIN PRIVATE KEY-----', 'PRIVATE KEY-'])(
  'a hostile text of %j again and again is masked in time',
  (piece) => {
    const text = `${piece.repeat(Math.ceil(262_144 / piece.length))}.eyJ@`;
    expect(cpuTimeMs(() => maskQuery(text))).toBeLessThan(1000);
  },
);

test.for<[url: string, written: string]>([
  ['redis://:canary@cache:6379', 'redis://********@cache:6379'],
  ['postgres://app:can@ary@db/x', 'postgres://********@db/x'],
  ['postgres://app:can/ary@db/x', 'postgres://********@db/x'],
  ['https://canary@git.example/x', 'https://********@git.example/x'],
  [
    'http://a.example/?next=https://app:canary@b.example',
    'http://a.example/?next=https://********@b.example',
  ],
  ['http://site.example:8080/react@19', 'http://site.example:8080/react@19'],
])('the password in %s is not written', ([url, written]) => {
  expect(maskLine(`{"message":"${url}"}`)).toBe(`{"message":"${written}"}`);
  expect(maskText(url)).toBe(written);
});

test('a masked line is JSON still, and no mask reaches from one string into another', () => {
  const fields = { url: 'http://a:b', quoted: 'say "//app:can\\"ary@db"', mail: 'ann@example.com' };
  expect(JSON.parse(maskLine(JSON.stringify(fields)))).toEqual({
    ...fields,
    quoted: 'say "//********@db"',
  });
});

test('what lies deeper than five levels is told by its kind', () => {
  const deepest = { list: [1], object: { a: 1 }, text: 'x' };
  expect(maskFields({ a: { b: { c: { d: { e: deepest } } } } })).toEqual({
    a: { b: { c: { d: { e: { list: '[Array]', object: '[Object]', text: 'x' } } } } },
  });
  expect(maskFields({ a: [[[[['x', [1]]]]]] })).toEqual({ a: [[[[['x', '[Array]']]]]] });
});

test('of many items and fields a hundred are written', () => {
  const many = Array.from({ length: 101 }, (_, index) => index);
  expect(maskFields({ many })).toEqual({ many: many.slice(0, 100) });
  expect(Object.keys(maskFields(Object.fromEntries(many.entries())))).toHaveLength(100);
});

test('what turns itself into JSON is written as that, and comes to an end', () => {
  const ring = { toJSON: () => ({ ring }) };
  expect(maskFields({ made: { toJSON: () => ({ token: 'canary', a: 1 }) } })).toEqual({
    made: { token: '********', a: 1 },
  });
  expect(maskFields({ plain: { toJSON: 'x' } })).toEqual({ plain: { toJSON: 'x' } });
  expect(JSON.stringify(maskFields({ ring }))).toContain('[Object]');
});
