import { expect, onTestFinished, test } from 'vitest';
import { createApplication } from '../src/application.ts';
import { HttpResponse, jsonResponse, redirect } from '../src/response.ts';
import { overrideSettings } from '../src/settings.ts';
import { testClient } from '../src/testing.ts';
import { allowMethods, path, type UrlPattern, type View } from '../src/urls/path.ts';
import { compileUrlconf } from '../src/urls/urlconf.ts';
import { withSettings } from './serve.ts';

function clientOf(urlpatterns: readonly UrlPattern[]) {
  withSettings({ ALLOWED_HOSTS: ['.example.com'] });
  return testClient(createApplication(compileUrlconf(urlpatterns), []));
}

const echo: View = async (request) =>
  jsonResponse({
    method: request.method,
    url: request.url,
    type: request.headers.get('Content-Type'),
    colour: request.headers.get('X-Colour'),
    address: request.remoteAddress,
    body: await request.text(),
  });

test.for([
  ['get', {}, { method: 'GET', url: 'http://example.com/echo/', body: '' }],
  ['delete', { secure: true }, { method: 'DELETE', url: 'https://example.com/echo/' }],
  [
    'get',
    { query: { q: 'a b', n: ['1', '2'] } },
    { url: 'http://example.com/echo/?q=a+b&n=1&n=2' },
  ],
  ['post', { form: { a: 'ä', b: ['1', '2'] } }, { body: 'a=%C3%A4&b=1&b=2' }],
  ['post', { form: {} }, { type: 'application/x-www-form-urlencoded', body: '' }],
  ['put', { json: { a: null } }, { method: 'PUT', type: 'application/json', body: '{"a":null}' }],
  ['options', {}, { method: 'OPTIONS', body: '' }],
  [
    'patch',
    { body: 'text', headers: { 'Content-Type': 'text/x' } },
    { method: 'PATCH', type: 'text/x', body: 'text' },
  ],
  ['get', { headers: { 'X-Colour': 'blue' } }, { colour: 'blue' }],
  ['get', { environ: { REMOTE_ADDR: '203.0.113.7' } }, { address: '203.0.113.7' }],
] as const)('%s with %j', async ([method, options, expected]) => {
  const client = await clientOf([path('echo/', echo)]);
  const response = await client[method]('/echo/', options);
  expect(response.json()).toMatchObject(expected);
});

test('a multipart body has its fields and files', async () => {
  const client = await clientOf([path('echo/', echo)]);
  const multipart = new FormData();
  multipart.append('name', 'ann');
  multipart.append('photo', new Blob(['pixels'], { type: 'image/png' }), 'a.png');
  const { type, body } = (await client.post('/echo/', { multipart })).json() as Record<
    string,
    string
  >;
  expect(type).toMatch(/^multipart\/form-data; boundary=/);
  expect(body).toMatch(/name="name"\r\n\r\nann\r\n.*filename="a\.png"\r\n.*pixels/s);
});

test('two bodies at once are refused', async () => {
  const client = await clientOf([path('echo/', echo)]);
  await expect(client.post('/echo/', { json: 1, body: 'x' })).rejects.toThrow('Give one of');
});

test.for(['/caf%C3%A9/', '/café/'])('%s is decoded as a server does', async (url) => {
  const client = await clientOf([path('<word>/', (request) => new HttpResponse(request.path))]);
  expect((await client.get(url)).text()).toBe('/café/');
});

test.for<[url: string, query: string]>([
  ['/echo/?q=日本&r=%41%', 'q=%E6%97%A5%E6%9C%AC&r=%41%'],
  ['/echo/?q=a b?c#top', 'q=a%20b?c'],
  ['/echo/#top?q=1', ''],
])('the query of %s is sent as a browser does', async ([url, query]) => {
  const client = await clientOf([
    path('echo/', (request) => new HttpResponse(request.environ.QUERY_STRING)),
  ]);
  expect((await client.get(url)).text()).toBe(query);
});

test('cookies stay until they run out', async () => {
  const setCookie =
    (value: string): View =>
    () =>
      new HttpResponse('', { headers: { 'Set-Cookie': value } });
  const client = await clientOf([
    path('in/', setCookie('name=ann; Path=/; HttpOnly; Max-Age=60')),
    path('out/', setCookie('name=; Max-Age=0')),
    path('past/', setCookie('name=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT')),
    path('', (request) => new HttpResponse(request.headers.get('Cookie') ?? 'none')),
  ]);
  const sent = async () => (await client.get('/')).text();
  expect(await sent()).toBe('none');
  await client.get('/in/');
  client.cookies.set('flavour', 'x');
  expect(client.cookies.get('name')).toBe('ann');
  expect(await sent()).toBe('name=ann; flavour=x');
  await client.get('/out/');
  expect(await sent()).toBe('flavour=x');
  await client.get('/past/');
  expect(await sent()).toBe('flavour=x');
});

test('a client may have headers of its own, which a request may replace', async () => {
  withSettings({ ALLOWED_HOSTS: ['example.com'] });
  const application = createApplication(compileUrlconf([path('echo/', echo)]), []);
  const client = await testClient(application, { headers: { 'X-Colour': 'blue' } });
  expect((await client.get('/echo/')).json()).toMatchObject({ colour: 'blue' });
  const headers = { 'x-colour': 'red' };
  expect((await client.get('/echo/', { headers })).json()).toMatchObject({ colour: 'red' });
});

test('redirects are followed when asked for, as a browser does', async () => {
  const client = await clientOf([
    path('old/', () => redirect('../echo/?page=2')),
    path('moved/<int:status>/', (_, { status }) => redirect('/echo/', { status })),
    path('secure/', () => redirect('https://example.com/echo/')),
    path('ring/', () => redirect('/ring/')),
    path('echo/', echo),
  ]);
  const first = await client.post('/old/', { form: { a: '1' } });
  expect([first.status, first.location]).toEqual([302, '../echo/?page=2']);
  const last = await client.post('/old/', { form: { a: '1' }, follow: true });
  expect(last.path).toBe('/echo/?page=2');
  expect(last.redirects).toEqual([{ status: 302, location: '../echo/?page=2' }]);
  expect(first.redirects).toEqual([]);
  expect(last.json()).toMatchObject({ method: 'GET', body: '' });
  for (const status of [307, 308]) {
    const kept = await client.post(`/moved/${status}/`, { form: { a: '1' }, follow: true });
    expect(kept.json()).toMatchObject({ method: 'POST', body: 'a=1' });
  }
  expect((await client.head('/old/', { follow: true })).text()).toBe('');
  const secure = await client.get('/secure/', { follow: true });
  expect(secure.json()).toMatchObject({ url: 'https://example.com/echo/' });
  await expect(client.get('/ring/', { follow: true })).rejects.toThrow('More than 20 redirects');
});

test.for([
  [{ FORCE_SCRIPT_NAME: '/a b' }, {}],
  [{}, { environ: { SCRIPT_NAME: '/a b' } }],
] as const)('redirects are followed below a script name: %j, %j', async ([changes, options]) => {
  const client = await clientOf([
    path('slash/', () => redirect('../down/')),
    path('down/', (request) => redirect(`${request.scriptName}/a b/`)),
    path('a b/', (request) => new HttpResponse(request.path)),
  ]);
  onTestFinished(overrideSettings(changes));
  const response = await client.get('/slash', { ...options, follow: true });
  expect([response.status, response.text()]).toEqual([200, '/a b/']);
});

test('HEAD has headers and no body, 405 its Allow', async () => {
  const client = await clientOf([
    path(
      '',
      allowMethods(['GET'], () => new HttpResponse('text')),
    ),
  ]);
  const head = await client.head('/');
  expect([head.headers.get('content-length'), head.text()]).toEqual(['4', '']);
  expect((await client.options('/')).headers.get('Allow')).toBe('GET, HEAD, OPTIONS');
});

test('a stream is read to its end, and what breaks in it makes the request reject', async () => {
  async function* pieces(isBroken: boolean) {
    yield 'one ';
    if (isBroken) throw new Error('broken on the way');
    yield 'two';
  }
  const client = await clientOf([
    path('whole/', () => new HttpResponse(pieces(false))),
    path('broken/', () => new HttpResponse(pieces(true))),
  ]);
  expect((await client.get('/whole/')).text()).toBe('one two');
  await expect(client.get('/broken/')).rejects.toThrow('broken on the way');
});

test('what breaks the contract makes the request reject', async () => {
  const view = () => new HttpResponse('', { headers: { 'Content-Length': 'many' } });
  const client = await clientOf([path('', view)]);
  await expect(client.get('/')).rejects.toMatchObject({ name: 'ContractError' });
});

test('settings that are overridden hold for the next request', async () => {
  const client = await clientOf([path('slash/', echo)]);
  expect((await client.get('/slash')).status).toBe(301);
  onTestFinished(overrideSettings({ APPEND_SLASH: false }));
  expect((await client.get('/slash')).status).toBe(404);
});
