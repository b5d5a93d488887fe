import { expect, test } from 'vitest';
import { BadRequest } from '../src/errors.ts';
import { html } from '../src/html.ts';
import {
  type Chunks,
  htmlResponse,
  HttpResponse,
  jsonResponse,
  redirect,
} from '../src/response.ts';

async function bodyOf(response: HttpResponse): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of response.body) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

test('text goes out as UTF-8 with its length in bytes', async () => {
  const response = new HttpResponse('é');
  expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(response.headers.get('content-length')).toBe('2');
  expect(await bodyOf(response)).toBe('é');
});

test.for([204, 304])('a %i has neither type nor length', (status) => {
  expect(new HttpResponse('', { status }).headers.list).toEqual([]);
});

test.for<[string, Chunks]>([
  ['a list', ['a', Buffer.from('b')]],
  [
    'an async generator',
    (async function* () {
      yield 'a';
      yield Buffer.from('b');
    })(),
  ],
])('%s is streamed without a length', async ([, chunks]) => {
  const response = new HttpResponse(chunks);
  expect(response.headers.has('Content-Length')).toBe(false);
  expect(await bodyOf(response)).toBe('ab');
});

test('JSON and HTML have their types', async () => {
  expect(jsonResponse({ a: 1 }).headers.get('Content-Type')).toBe('application/json');
  const page = htmlResponse(html`<p>${'<'}</p>`, { status: 201 });
  expect(page.status).toBe(201);
  expect(page.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
  expect(await bodyOf(page)).toBe('<p>&#60;</p>');
});

test.for<[string, string]>([
  ['/a?b=c#d', '/a?b=c#d'],
  ['/caf%C3%A9', '/caf%C3%A9'],
  ['/café', '/caf%C3%A9'],
  ['/a\r\nSet-Cookie: x', '/a%0D%0ASet-Cookie:%20x'],
  ['/\ud800', '/%EF%BF%BD'],
])('a redirect to %j has Location %s', ([to, location]) => {
  const response = redirect(to);
  expect(response.status).toBe(302);
  expect(response.headers.get('Location')).toBe(location);
});

test.for([
  'javascript:alert(1)',
  ' \n\0JavaScript:alert(1)',
  'data:text/html,x',
  'mailto:a@b.c',
  '//evil.example/',
  '/\\evil.example/',
  '\\\\evil.example/',
  ' //evil.example/',
])('a redirect to %j is refused', (to) => {
  expect(() => redirect(to)).toThrow(BadRequest);
});

test.for(['https://example.com/', 'HTTP://example.com/', '/a//b', 'a/b:c', '?a:b'])(
  'a redirect to %j is sent',
  (to) => {
    expect(redirect(to).headers.get('Location')).toBe(to);
  },
);

test('headers are set, added, defaulted and deleted whatever their case', () => {
  const { headers } = new HttpResponse('', { status: 204, headers: { Vary: 'Cookie' } });
  headers.append('Set-Cookie', 'a=1');
  headers.append('set-cookie', 'b=2');
  headers.set('vary', 'Accept');
  headers.setDefault('VARY', 'nothing');
  headers.set('X-New', '1');
  expect(headers.list).toEqual([
    ['vary', 'Accept'],
    ['Set-Cookie', 'a=1'],
    ['set-cookie', 'b=2'],
    ['X-New', '1'],
  ]);
  headers.set('SET-COOKIE', 'c=3');
  expect(headers.list).toEqual([
    ['vary', 'Accept'],
    ['SET-COOKIE', 'c=3'],
    ['X-New', '1'],
  ]);
  headers.delete('Vary');
  expect(headers.get('vary')).toBeUndefined();
});

test.for([undefined, () => 1, Symbol('a')])('%o is no JSON', (data) => {
  expect(() => jsonResponse(data)).toThrow(`JSON has no text for a value of type ${typeof data}.`);
});

test.for<[what: string, make: (promise: never) => unknown]>([
  ['htmlResponse', htmlResponse],
  ['jsonResponse', jsonResponse],
  ['HttpResponse', (promise) => new HttpResponse(promise)],
])('%s refuses a promise, which somebody forgot to await', ([what, make]) => {
  expect(() => make(Promise.resolve('x') as never)).toThrow(
    `${what} got [object Promise]: await it first.`,
  );
});

test('a promise inside of data is found, and what is empty on purpose is not', () => {
  const items = Promise.resolve([1]);
  expect(() => jsonResponse({ a: [{ items }] })).toThrow('jsonResponse got [object Promise]');
  const own = { toJSON: () => ({ items: {} }), items };
  expect(jsonResponse({ a: {}, own }).status).toBe(200);
});

test('what is no HTML, or no body at all, is refused', () => {
  expect(() => htmlResponse('<b>' as never)).toThrow('expected what html`…` gives');
  expect(() => new HttpResponse(7 as never)).toThrow('expected text, bytes or an iterable of both');
});

test('Vary names each header once, and nothing beside *', () => {
  const response = new HttpResponse('').varyOn('Cookie').varyOn('accept', 'COOKIE');
  expect(response.headers.get('Vary')).toBe('Cookie, accept');
  response.headers.set('Vary', '*');
  expect(response.varyOn('Cookie').headers.get('Vary')).toBe('*');
});

test('what is never to be cached says so, whatever it said before', () => {
  const headers = { 'Cache-Control': 'max-age=60' };
  const response = new HttpResponse('', { headers }).neverCache();
  expect(response.headers.get('Cache-Control')).toBe('no-store, private');
});
