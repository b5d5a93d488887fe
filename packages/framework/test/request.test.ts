import { expect, test } from 'vitest';
import { BadRequest, PayloadTooLarge, UnsupportedMediaType } from '../src/errors.ts';
import { HttpRequest } from '../src/request.ts';
import type { Settings } from '../src/settings.ts';
import { BodyInputStream } from '@wsgi/wsgi/input-stream';
import type { Environ } from '@wsgi/wsgi';
import { sampleEnviron } from '../../wsgi/test/environ.ts';
import { CONTENT_TYPE, multipartBody } from './forms/multipart-body.ts';
import { withSettings } from './serve.ts';

function request(environ: Partial<Environ> = {}, settings: Partial<Settings> = {}): HttpRequest {
  withSettings(settings);
  return new HttpRequest(sampleEnviron(environ));
}

function withBody(body: string | Buffer, environ: Partial<Environ> = {}): HttpRequest {
  const pieces = [Buffer.from(body)];
  return request({
    CONTENT_LENGTH: String(Buffer.byteLength(body)),
    'wsgi.input': new BodyInputStream(() => pieces.shift()),
    ...environ,
  });
}

test.for<[string, string]>([
  ['', '/'],
  ['/a b', '/a b'],
  ['/caf\xc3\xa9', '/café'],
  ['/bad\xff', '/bad%FF'],
])('PATH_INFO %j is the path %j', ([PATH_INFO, path]) => {
  expect(request({ PATH_INFO }).path).toBe(path);
});

test.for([
  ['/shop', '/items/7'],
  ['/shop/', 'items/7'],
  ['/shop/', '/items/7'],
] as const)('mounted at %s, %s is the same path', ([SCRIPT_NAME, PATH_INFO]) => {
  const mounted = request({ SCRIPT_NAME, PATH_INFO });
  expect([mounted.scriptName, mounted.path]).toEqual(['/shop', '/items/7']);
  expect(mounted.quotedPath).toBe('/shop/items/7');
});

test('the headers can be listed, with the types and lengths that they have', () => {
  const { headers } = request({
    HTTP_X_COLOUR: 'blue',
    HTTP_ACCEPT: '',
    CONTENT_TYPE: 'text/x',
    CONTENT_LENGTH: '',
  });
  const { host: _, ...listed } = Object.fromEntries(headers);
  expect(listed).toEqual({ 'x-colour': 'blue', accept: '', 'content-type': 'text/x' });
});

test('the query has every value of a name', () => {
  const { query } = request({ QUERY_STRING: 'tag=a&tag=b&empty=&caf%C3%A9=%F0%9F%9A%80' });
  expect(query.getAll('tag')).toEqual(['a', 'b']);
  expect(query.get('empty')).toBe('');
  expect(query.get('café')).toBe('🚀');
  expect(query.get('missing')).toBeNull();
});

test.for(['__proto__=x', 'a=1&__proto__[polluted]=1&__proto__=x', '%5f_proto__=x'])(
  'a query with a field __proto__ is refused and pollutes nothing: %s',
  (QUERY_STRING) => {
    expect(() => request({ QUERY_STRING }).query).toThrow(BadRequest);
    expect({}).not.toHaveProperty('polluted');
  },
);

test.for(['q=%FF', 'q=\xff', 'q=%C3', '%C0%AF=x', 'q=%ED%A0%80'])(
  'a query that is not UTF-8 is a bad request: %j',
  (QUERY_STRING) => {
    expect(() => request({ QUERY_STRING }).query).toThrow(BadRequest);
  },
);

test('a percent sign that encodes nothing stays', () => {
  expect(request({ QUERY_STRING: 'q=100%&r=%zz' }).query.get('q')).toBe('100%');
});

test('a query of too many fields is a bad request', () => {
  const limit = { DATA_UPLOAD_MAX_NUMBER_FIELDS: 10 };
  const many = request({ QUERY_STRING: 'a&'.repeat(11) }, limit);
  expect(() => many.query).toThrow(BadRequest);
  expect(() => request({ QUERY_STRING: 'a&'.repeat(10) + 'a' }, limit).query).toThrow(BadRequest);
  expect(request({ QUERY_STRING: 'a&'.repeat(9) + 'a' }, limit).query.size).toBe(10);
});

test('where no field is allowed, a request without any is answered', () => {
  const none = { DATA_UPLOAD_MAX_NUMBER_FIELDS: 0 };
  expect(request({ QUERY_STRING: '' }, none).query.size).toBe(0);
  expect(() => request({ QUERY_STRING: 'a' }, none).query).toThrow('More than 0 fields');
});

test('headers are found whatever the case, and never by an underscore', () => {
  const { headers } = request({ HTTP_X_FOO: 'bar', HTTP_X_NO: '', CONTENT_TYPE: 'text/plain' });
  expect(headers.get('x-foo')).toBe('bar');
  expect(headers.get('Content-Type')).toBe('text/plain');
  expect(headers.get('Content-Length')).toBeUndefined();
  expect(request({ CONTENT_TYPE: '' }).headers.get('Content-Type')).toBeUndefined();
  expect(headers.get('X-No')).toBe('');
  expect(headers.get('X_Foo')).toBeUndefined();
  expect(headers.has('X-Bar')).toBe(false);
});

test('cookies are read from their header', () => {
  expect(request({ HTTP_COOKIE: 'a=1; b=2' }).cookies.get('b')).toBe('2');
  expect(request().cookies.size).toBe(0);
});

test('a signed cookie that no key can be held against is a fault, not a missing cookie', () => {
  const sent = request({ HTTP_COOKIE: 'a=1' }, { SECRET_KEY: '' });
  expect(() => sent.signedCookie('a')).toThrow('SECRET_KEY is empty');
});

const PROXY_SAYS: Partial<Settings> = {
  SECURE_PROXY_SSL_HEADER: ['HTTP_X_FORWARDED_PROTO', 'https'],
};

test.for<[Partial<Settings>, Partial<Environ>, string]>([
  [{}, {}, 'http'],
  [{}, { 'wsgi.url_scheme': 'https' }, 'https'],
  [{}, { HTTP_X_FORWARDED_PROTO: 'https' }, 'http'],
  [PROXY_SAYS, { HTTP_X_FORWARDED_PROTO: 'https' }, 'https'],
  [PROXY_SAYS, { HTTP_X_FORWARDED_PROTO: ' https , http' }, 'https'],
  [PROXY_SAYS, { HTTP_X_FORWARDED_PROTO: 'http, https' }, 'http'],
  [PROXY_SAYS, { HTTP_X_FORWARDED_PROTO: 'http', 'wsgi.url_scheme': 'https' }, 'http'],
  [PROXY_SAYS, { 'wsgi.url_scheme': 'https' }, 'https'],
])('under %j, %j came over %s', ([settings, environ, scheme]) => {
  expect(request(environ, settings).scheme).toBe(scheme);
});

test.for<[Partial<Settings>, Partial<Environ>, string]>([
  [{}, { HTTP_HOST: 'Example.COM:8080' }, 'example.com:8080'],
  [{}, { HTTP_HOST: 'a', HTTP_X_FORWARDED_HOST: 'b' }, 'a'],
  [{ USE_X_FORWARDED_HOST: true }, { HTTP_HOST: 'a', HTTP_X_FORWARDED_HOST: 'b' }, 'b'],
  [{}, { SERVER_NAME: 's', SERVER_PORT: '8000' }, 's:8000'],
  [{}, { SERVER_NAME: 's', SERVER_PORT: '80' }, 's'],
  [{}, { SERVER_NAME: 's', SERVER_PORT: '80', HTTP_X_FORWARDED_PORT: '81' }, 's'],
  [{}, { SERVER_NAME: 's', SERVER_PORT: '443', 'wsgi.url_scheme': 'https' }, 's'],
  [{ USE_X_FORWARDED_PORT: true }, { SERVER_NAME: 's', HTTP_X_FORWARDED_PORT: '81' }, 's:81'],
])('under %j, %j asks for %s', ([settings, environ, host]) => {
  expect(request(environ, settings).host).toBe(host);
});

test.for<[Partial<Settings>, forwarded: string, string]>([
  [{}, '198.51.100.1, 203.0.113.7', '10.0.0.9'],
  [{ USE_X_FORWARDED_FOR: true }, '198.51.100.1, 203.0.113.7', '203.0.113.7'],
  [{ USE_X_FORWARDED_FOR: true }, '198.51.100.1,203.0.113.7', '203.0.113.7'],
  [{ USE_X_FORWARDED_FOR: true }, '192.0.2.1, 198.51.100.1, 203.0.113.7', '203.0.113.7'],
  [{ USE_X_FORWARDED_FOR: true }, '203.0.113.7', '203.0.113.7'],
  [{ USE_X_FORWARDED_FOR: true }, '192.0.2.1, ::ffff:203.0.113.7', '203.0.113.7'],
  [{ USE_X_FORWARDED_FOR: true }, '', '10.0.0.9'],
])('under %j and behind %j the client is at %s', ([settings, forwarded, address]) => {
  const environ = { REMOTE_ADDR: '10.0.0.9', HTTP_X_FORWARDED_FOR: forwarded };
  expect(request(environ, settings).remoteAddress).toBe(address);
});

test.for<[Partial<Environ>, RegExp]>([
  [{ 'gateway.request_id': 'from-gateway', HTTP_X_REQUEST_ID: 'from-client' }, /^from-gateway$/],
  [{ HTTP_X_REQUEST_ID: 'from-client' }, /^from-client$/],
  [{ HTTP_X_REQUEST_ID: 'bad "id"' }, /^[0-9a-f-]{36}$/],
  [{ HTTP_X_REQUEST_ID: 'from-client"' }, /^[0-9a-f-]{36}$/],
  [{ HTTP_X_REQUEST_ID: '"from-client' }, /^[0-9a-f-]{36}$/],
  [{ HTTP_X_REQUEST_ID: 'x'.repeat(7) }, /^[0-9a-f-]{36}$/],
  [{ HTTP_X_REQUEST_ID: 'x'.repeat(8) }, /^x{8}$/],
  [{ HTTP_X_REQUEST_ID: 'x'.repeat(128) }, /^x{128}$/],
  [{ HTTP_X_REQUEST_ID: 'x'.repeat(129) }, /^[0-9a-f-]{36}$/],
  [{}, /^[0-9a-f-]{36}$/],
])('the id of %j is like %s and stays the same', ([environ, pattern]) => {
  const one = request(environ);
  expect(one.id).toMatch(pattern);
  expect(one.id).toBe(one.id);
});

test('the URL is the one that was asked for, encoded', () => {
  const environ = {
    HTTP_HOST: 'a.example',
    SCRIPT_NAME: '/shop',
    PATH_INFO: '/caf\xc3\xa9',
    QUERY_STRING: 'q=1',
  };
  expect(request(environ).url).toBe('http://a.example/shop/caf%C3%A9?q=1');
  expect(request({ ...environ, QUERY_STRING: '' }).url).toBe('http://a.example/shop/caf%C3%A9');
  expect(request(environ, { FORCE_SCRIPT_NAME: '/x' }).url).toBe(
    'http://a.example/x/caf%C3%A9?q=1',
  );
});

test('a body is read as bytes, text and JSON, more than once', async () => {
  const sent = withBody('{"a": "é"}');
  expect(await sent.text()).toBe('{"a": "é"}');
  expect(await sent.json()).toEqual({ a: 'é' });
  expect(await sent.bytes()).toHaveLength(11);
});

test('a form has every value of a name', async () => {
  const form = await withBody('tag=a&tag=b+c', {
    CONTENT_TYPE: 'application/x-www-form-urlencoded; charset=utf-8',
  }).form();
  expect(form.getAll('tag')).toEqual(['a', 'b c']);
});

test('a form of another type is unsupported, and its bytes can still be read', async () => {
  const sent = withBody('{}', { CONTENT_TYPE: 'application/json' });
  await expect(sent.form()).rejects.toThrow(UnsupportedMediaType);
  expect(await sent.json()).toEqual({});
});

test.for<[what: string, read: () => Promise<unknown>]>([
  ['bytes that are not UTF-8', () => withBody(Buffer.from([0xff])).text()],
  ['text that is not JSON', () => withBody('{').json()],
  ['a length that is no number', () => withBody('a', { CONTENT_LENGTH: 'abc' }).bytes()],
  ['a length below zero', () => withBody('a', { CONTENT_LENGTH: '-1' }).bytes()],
  ['a length that begins as a number', () => withBody('a', { CONTENT_LENGTH: '1a' }).bytes()],
])('%s: a bad request', async ([, read]) => {
  await expect(read()).rejects.toThrow(BadRequest);
});

test.for(['{"__proto__": {"polluted": 1}}', '[{"a": {"\\u005f_proto_\\u005F": 1}}]'])(
  'JSON with a key __proto__ is refused and pollutes nothing: %s',
  async (body) => {
    await expect(withBody(body).json()).rejects.toThrow(BadRequest);
    await expect(withBody(body).json()).rejects.toThrow("The name '__proto__' is refused.");
    expect({}).not.toHaveProperty('polluted');
  },
);

test('__proto__ as text in JSON is text', async () => {
  expect(await withBody('["__proto__", "\\u00e9"]').json()).toEqual(['__proto__', 'é']);
});

test('a form with a field __proto__ is refused', async () => {
  const sent = withBody('a=1&__proto__=x', { CONTENT_TYPE: 'application/x-www-form-urlencoded' });
  await expect(sent.form()).rejects.toThrow(BadRequest);
});

test('a form is read once, and may be asked for again', async () => {
  const sent = withBody(multipartBody({ name: 'a', content: '1' }), { CONTENT_TYPE });
  expect((await sent.form()).get('a')).toBe('1');
  expect(await sent.form()).toBe(await sent.form());
});

test('a form with files may be read after the bytes, but not before them', async () => {
  const environ = { CONTENT_TYPE };
  const body = multipartBody({ name: 'a', content: '1' });
  const one = withBody(body, environ);
  await one.bytes();
  expect((await one.form()).get('a')).toBe('1');
  expect(await one.bytes()).toHaveLength(body.length);
  const other = withBody(body, environ);
  await other.form();
  await expect(other.bytes()).rejects.toThrow('read as a form already');
});

test('the media type that the client likes best is chosen', () => {
  const sent = request({ HTTP_ACCEPT: 'text/html;q=0.5, application/json' });
  expect(sent.accepts(['text/html', 'application/json'])).toBe('application/json');
  expect(sent.accepts(['image/png'])).toBeUndefined();
});

test('the nonce is made when it is asked for, and stays the same', () => {
  const one = request();
  expect(one.hasCspNonce).toBe(false);
  expect(one.cspNonce).toMatch(/^[\w+/]{22}==$/);
  expect(one.cspNonce).toBe(one.cspNonce);
  expect(one.hasCspNonce).toBe(true);
  expect(request().cspNonce).not.toBe(one.cspNonce);
});

test.for(['2621440', ''])(
  'a body as large as the limit is read: CONTENT_LENGTH %j',
  async (length) => {
    const sent = withBody('x'.repeat(2_621_440), {
      CONTENT_LENGTH: length,
      'wsgi.input_terminated': true,
    });
    expect(await sent.bytes()).toHaveLength(2_621_440);
  },
);

test('a body announced as too large is refused unread', async () => {
  const sent = withBody('x', { CONTENT_LENGTH: '2621441' });
  await expect(sent.bytes()).rejects.toThrow(PayloadTooLarge);
});

test('a body without a length is refused once it is too large', async () => {
  withSettings({ DATA_UPLOAD_MAX_MEMORY_SIZE: 10 });
  let pulls = 0;
  const endless = new BodyInputStream(() => {
    pulls += 1;
    return Buffer.alloc(8);
  });
  const environ = sampleEnviron({ 'wsgi.input': endless, 'wsgi.input_terminated': true });
  await expect(new HttpRequest(environ).bytes()).rejects.toThrow(PayloadTooLarge);
  expect(pulls).toBe(2);
});

test('without a length, and without a server that marks the end, there is no body', async () => {
  const sent = withBody('left alone', { CONTENT_LENGTH: '' });
  expect(await sent.bytes()).toHaveLength(0);
});

test('the script name is where the application is mounted, or FORCE_SCRIPT_NAME', () => {
  expect(request({ SCRIPT_NAME: '/caf\xc3\xa9' }).scriptName).toBe('/café');
  expect(request({ SCRIPT_NAME: '/a' }, { FORCE_SCRIPT_NAME: '/b' }).scriptName).toBe('/b');
});

test('without a signal from the server there is one that never aborts', () => {
  const { signal } = new AbortController();
  expect(request({ 'gateway.signal': () => signal }).signal).toBe(signal);
  expect(request().signal.aborted).toBe(false);
});
