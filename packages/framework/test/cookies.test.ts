import { expect, test } from 'vitest';
import { formatSetCookie, parseCookies, type CookieOptions } from '../src/cookies.ts';
import { HttpResponse } from '../src/response.ts';
import { path } from '../src/urls/path.ts';
import { serveProject } from './serve.ts';
import { cpuTimeMs } from '../../wsgi/test/cpu-time.ts';

test.for<[string, [string, string][]]>([
  ['', []],
  ['a=1', [['a', '1']]],
  [
    'a=1; b=2',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  ['a=1; a=2', [['a', '1']]],
  ['a="quoted"', [['a', 'quoted']]],
  ['a="quoted"b', [['a', '"quoted"b']]],
  ['a=x=y', [['a', 'x=y']]],
  ['a=%C3%A9', [['a', 'é']]],
  ['a=caf\xc3\xa9', [['a', 'café']]],
  ['a=100%', [['a', '100%']]],
  ['nothing; =x; b=2', [['b', '2']]],
  [';;a; ;=;b=2', [['b', '2']]],
])('%s', ([header, cookies]) => {
  expect([...parseCookies(header)]).toEqual(cookies);
});

test('a cookie named __proto__ is left out, and pollutes nothing', () => {
  expect([...parseCookies('a=1; __proto__=x; b=2')]).toEqual([
    ['a', '1'],
    ['b', '2'],
  ]);
  expect(Object.prototype).not.toHaveProperty('x');
});

test.for(['a=1;'.repeat(16_384), 'a'.repeat(65_536), ';'.repeat(65_536), 'a;'.repeat(32_768)])(
  '64 KB of cookies are read in time',
  (header) => {
    expect(cpuTimeMs(() => parseCookies(header))).toBeLessThan(1000);
  },
);

test.for<[CookieOptions, string]>([
  [{}, 'a=1; Path=/; HttpOnly; SameSite=Lax'],
  [{ maxAgeSeconds: 60, path: '/shop' }, 'a=1; Max-Age=60; Path=/shop; HttpOnly; SameSite=Lax'],
  [{ httpOnly: false, sameSite: 'strict' }, 'a=1; Path=/; SameSite=Strict'],
  [{ secure: true }, 'a=1; Path=/; HttpOnly; Secure; SameSite=Lax'],
  [{ sameSite: 'none' }, 'a=1; Path=/; HttpOnly; Secure; SameSite=None'],
  [{ domain: 'example.com' }, 'a=1; Domain=example.com; Path=/; HttpOnly; SameSite=Lax'],
])('under %j', ([options, header]) => {
  expect(formatSetCookie('a', '1', options)).toBe(header);
});

test.for<[name: string, CookieOptions, problem: string]>([
  ['__Host-a', { secure: false }, 'secure false'],
  ['__Host-a', { domain: 'example.com' }, "domain 'example.com'"],
  ['__host-a', { path: '/shop' }, "path '/shop'"],
  ['__Secure-a', { secure: false }, 'secure false'],
  ['a', { sameSite: 'none', secure: false }, 'secure false'],
  ['a', { partitioned: true, secure: false }, 'secure false'],
])('%s under %j, which browsers drop, is refused', ([name, options, problem]) => {
  expect(() => formatSetCookie(name, '1', options)).toThrow(
    `Cookie '${name}' has ${problem}: browsers drop it.`,
  );
});

test.for<[name: string, CookieOptions]>([
  ['__Host-a', {}],
  ['__Secure-a', { domain: 'example.com', path: '/shop' }],
  ['a', { partitioned: true }],
])('%s under %j is Secure, over http too', ([name, options]) => {
  const response = new HttpResponse();
  response.setCookie(name, '1', options);
  expect(response.headers.get('Set-Cookie')).toContain('; Secure');
  response.secureCookies();
  expect(response.headers.get('Set-Cookie')?.match(/; Secure/g)).toHaveLength(1);
});

test('a cookie that is set again takes the place of the first, in one field', () => {
  const response = new HttpResponse();
  response.setCookie('a', '1', { secure: false });
  response.setCookie('b', '2');
  response.setCookie('a', '3', { path: '/' });
  response.setCookie('a', '4', { path: '/shop' });
  response.secureCookies();
  const fields = response.headers.list.filter(([name]) => name === 'Set-Cookie');
  expect(fields.map(([, value]) => value.split('; ').slice(0, 2).join())).toEqual([
    'a=3,Path=/',
    'b=2,Path=/',
    'a=4,Path=/shop',
  ]);
  expect(fields.every(([, value]) => value.endsWith('; Secure'))).toBe(true);
});

test('a value is encoded, and a name that would end the cookie is refused', () => {
  expect(formatSetCookie('a', 'é; Domain=evil', {})).toMatch(/^a=%C3%A9%3B%20Domain%3Devil;/);
  expect(() => formatSetCookie('a=b', '', {})).toThrow(TypeError);
  expect(() => formatSetCookie('a', '', { path: '/; Domain=evil' })).toThrow(TypeError);
});

test('half a character in a value is replaced', () => {
  expect(formatSetCookie('a', 'x\ud800', {})).toMatch(/^a=x%EF%BF%BD;/);
});

test.for([1.5, NaN, Infinity])('an age of %d is refused by its name', (maxAgeSeconds) => {
  expect(() => formatSetCookie('a', '', { maxAgeSeconds })).toThrow(
    `maxAgeSeconds of cookie 'a' is ${maxAgeSeconds}: expected a whole number.`,
  );
});

const SECRET = { SECRET_KEY: 'the key of these tests' };

function serveCookies(isSecure: boolean) {
  return serveProject({
    settings: SECRET,
    environ: isSecure ? { 'wsgi.url_scheme': 'https' } : {},
    urlpatterns: [
      path('set/', () => {
        const response = new HttpResponse();
        response.setCookie('a', '1');
        response.setCookie('open', '2', { secure: false });
        response.setCookie('embedded', '3', { sameSite: 'none' });
        response.deleteCookie('gone');
        return response;
      }),
      path('sign/', () => {
        const response = new HttpResponse();
        response.setSignedCookie('user', 'anna');
        response.setSignedCookie('role', 'admin');
        return response;
      }),
      path('who/', (request) => new HttpResponse(request.signedCookie('user') ?? 'nobody')),
      path(
        'old/',
        (request) =>
          new HttpResponse(request.signedCookie('user', { maxAgeSeconds: -1 }) ?? 'nobody'),
      ),
    ],
  });
}

test.for([
  [true, '; Secure'],
  [false, ''],
] as const)(
  'over https (%s) cookies are secure, unless they say otherwise',
  async ([is, secure]) => {
    const { get } = await serveCookies(is);
    expect((await get('/set/')).headers['set-cookie']).toEqual([
      `a=1; Path=/; HttpOnly; SameSite=Lax${secure}`,
      'open=2; Path=/; HttpOnly; SameSite=Lax',
      'embedded=3; Path=/; HttpOnly; Secure; SameSite=None',
      `gone=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax${secure}`,
    ]);
  },
);

test('what was set with attributes is deleted with them', () => {
  const response = new HttpResponse();
  response.deleteCookie('a', { partitioned: true, secure: true, sameSite: 'none' });
  expect(response.headers.get('Set-Cookie')).toMatch(
    /^a=; Max-Age=0; .*; Secure; Partitioned; SameSite=None$/,
  );
});

test('a signed cookie with half a character comes back', async () => {
  const { get } = await serveProject({
    settings: SECRET,
    urlpatterns: [
      path('sign/', () => {
        const response = new HttpResponse();
        response.setSignedCookie('user', 'x\ud800');
        return response;
      }),
      path('who/', (request) => new HttpResponse(request.signedCookie('user') ?? 'nobody')),
    ],
  });
  const [header = ''] = (await get('/sign/')).headers['set-cookie'] ?? [];
  const Cookie = header.slice(0, header.indexOf(';'));
  expect((await get('/who/', { headers: { Cookie } })).text).toBe('x\ufffd');
});

test('a signed cookie comes back, and not where it was changed, renamed or is too old', async () => {
  const { get } = await serveCookies(false);
  const headers = (await get('/sign/')).headers['set-cookie'] ?? [];
  const [cookie = '', role = ''] = headers.map((header) => header.slice(0, header.indexOf(';')));
  const ask = async (url: string, Cookie: string) => (await get(url, { headers: { Cookie } })).text;
  expect(await ask('/who/', cookie)).toBe('anna');
  expect(await ask('/who/', cookie.replace('anna', 'anne'))).toBe('nobody');
  expect(await ask('/who/', role.replace('role', 'user'))).toBe('nobody');
  expect(await ask('/who/', role)).toBe('nobody');
  expect(await ask('/old/', cookie)).toBe('nobody');
});
