import { hash } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BadRequest, HttpError, NotFound, PermissionDenied } from '../../src/errors.ts';
import type { Settings } from '../../src/settings.ts';
import { path } from '../../src/urls/path.ts';
import { capturedLog } from '../captured-log.ts';
import { serveProject, type Options } from '../serve.ts';
import { bad, inTheFramework, lineOfTheFault, sold, unreachable } from './faults.ts';

const DEBUG = true;

async function answerTo(
  error: Error,
  settings: Partial<Settings> = {},
  url = '/',
  options: Options = {},
) {
  capturedLog();
  const fail = () => {
    throw error;
  };
  const urlpatterns = [path('', fail), path('items/<int:id>/', fail, { name: 'item' })];
  const { get } = await serveProject({ urlpatterns, settings });
  return get(url, options);
}

test('in production a page has the id of the request and nothing of the fault', async () => {
  const headers = { 'X-Request-ID': 'id-of-this-one', 'User-Agent': 'canary' };
  const { text } = await answerTo(new Error('canary'), {}, '/?canary=1', { headers });
  expect(text).toContain('id-of-this-one');
  expect(text).not.toMatch(/canary|\.test\.ts|DEBUG/);
});

test.for([
  [new Error('x'), {}],
  [new Error('x'), { DEBUG }],
  [new NotFound(), { DEBUG }],
  [new BadRequest(), { DEBUG }],
  [new PermissionDenied(), { DEBUG }],
] as const)(
  'the policy of a page for %s under %j allows its style alone',
  async ([error, changes]) => {
    const { headers, text } = await answerTo(error, changes);
    const [, style = ''] = /<style>([^]*?)<\/style>/.exec(text) ?? [];
    expect(style).toContain('color-scheme');
    expect(headers['content-security-policy']).toContain(
      `default-src 'none'; style-src 'sha256-${hash('sha256', style, 'base64')}';`,
    );
    expect(text).not.toMatch(/<script|style="|onclick|https?:\/\/(?!127\.0\.0\.1)/);
    expect(headers['cache-control']).toBe('no-store');
  },
);

test('the technical page shows the line of the fault among those around it', async () => {
  const { status, text } = await answerTo(lineOfTheFault(), { DEBUG });
  expect(status).toBe(500);
  expect(text).toMatch(
    /<b>lineOfTheFault<\/b>\s*<span class="place">packages\/framework\/test\/error-pages/,
  );
  expect(text).toMatch(/line hit.*return <mark>new TypeError<\/mark>\(&#39;a fault/s);
  expect(text).toContain('// the line before');
  expect(text).toContain('// the line behind');
});

test("of a fault in the framework, the project's last two lines are open", async () => {
  const { text } = await answerTo(inTheFramework(), { DEBUG });
  expect(text).toContain('<b>compilePattern</b>');
  const open = Array.from(
    text.matchAll(/<details open>\s*<summary><b>([^<]+)/g),
    ([, name]) => name,
  );
  expect(open).toEqual(['inTheFramework', '(module)']);
});

test('an error without a stack is shown as it is', async () => {
  const error = Object.assign(new Error('x'), { stack: 'no stack, but a canary' });
  const { text } = await answerTo(error, { DEBUG });
  expect(text).toMatch(/<pre class="raw">.*canary/);
});

test('of many causes, ten errors are shown in all', async () => {
  const errors = Array.from({ length: 20 }, () => new RangeError('one of them'));
  const { text } = await answerTo(new AggregateError(errors, 'many'), { DEBUG });
  expect(text.match(/<h2>Caused by RangeError/g)).toHaveLength(9);
});

test('short tables are open, and long ones are to be opened', async () => {
  const { text } = await answerTo(new Error('x'), { DEBUG }, '/?page=2');
  expect(text).toMatch(/<details class="facts" open>\s*<summary>Query/);
  expect(text).toMatch(/<details class="facts" >\s*<summary>Settings/);
});

test('the causes follow, also where they are in a ring or no errors', async () => {
  const ring = new Error('begin', { cause: lineOfTheFault() });
  (ring.cause as Error).cause = new AggregateError([ring, 'a string'], 'many');
  const { text } = await answerTo(ring, { DEBUG });
  const titles = Array.from(text.matchAll(/Caused by (\w+)/g), ([, name]) => name);
  expect(titles).toEqual(['TypeError', 'AggregateError', 'Error']);
  expect(text).toContain('&#39;a string&#39;');
});

const OWN_SETTING = { DEBUG, MY_OWN: 41 };

test('the technical page shows the request and the settings', async () => {
  const headers = { 'X-Colour': 'blue', Cookie: 'flavour=x' };
  const options = { method: 'PUT', headers };
  const { text } = await answerTo(new Error('x'), OWN_SETTING, '/?page=2&page=3', options);
  for (const fact of [
    ['page', '2'],
    ['page', '3'],
    ['X-Colour', 'blue'],
    ['flavour', '\\*+'],
    ['QUERY_STRING', 'page=2&#38;page=3'],
    ['MY_OWN', '41'],
  ]) {
    expect(text).toMatch(new RegExp(`<dt>${fact[0]}</dt>\\s*<dd>${fact[1]}</dd>`));
  }
  expect(text).toMatch(/<b>PUT<\/b> http:\/\/127\.0\.0\.1:\d+\/\?page=2&#38;page=3/);
  expect(text).not.toContain('wsgi.input<');
});

// Not in one piece: the lines of this file are on the page too.
const CANARY = ['can', 'ary'].join('');
const SECRETS = {
  SECRET_KEY: CANARY,
  DATABASES: { main: { url: new URL(`postgres://app:${CANARY}@db/app`), password: CANARY } },
  SERVICES: [{ apiKey: CANARY }],
};

test.for([
  [`/?token=${CANARY}&access_key=${CANARY}`, unreachable(`postgres://app:${CANARY}@db/app`)],
  [`/?token=${CANARY}`, bad()],
  [`/nowhere/?token=${CANARY}`, lineOfTheFault()],
] as const)('no secret is on the page for %s', async ([url, error]) => {
  const headers = {
    Authorization: `Bearer ${CANARY}`,
    'Proxy-Authorization': CANARY,
    'X-Api-Key': CANARY,
    Cookie: `sessionid=${CANARY}; ${CANARY}`,
    Referer: `https://example.com/?password=${CANARY}`,
    Accept: 'text/html',
  };
  const page = await answerTo(error, { DEBUG, ...SECRETS }, url, { headers });
  expect(page.status).toBeGreaterThanOrEqual(400);
  expect(page.text).toContain('********');
  expect(page.text).not.toContain(CANARY);
  const plain = await answerTo(error, { DEBUG, ...SECRETS }, url, {
    headers: { ...headers, Accept: '*/*' },
  });
  expect(plain.text).not.toContain(CANARY);
});

test('what is no browser gets text', async () => {
  const headers = { Accept: '*/*' };
  const { headers: answered, text } = await answerTo(lineOfTheFault(), { DEBUG }, '/', { headers });
  expect(answered['content-type']).toBe('text/plain; charset=utf-8');
  expect(text).toMatch(/^TypeError: a fault\n +at lineOfTheFault .*faults\.ts/);
  expect(text).toContain('Caused by RangeError: its cause');
});

test('a 404 under DEBUG lists the patterns that were tried', async () => {
  const { status, text } = await answerTo(lineOfTheFault(), { DEBUG }, '/itms/7/');
  expect(status).toBe(404);
  expect(text).toContain('<code>/items/&#60;int:id&#62;/</code>');
  expect(text).toContain('id="tried"');
  expect(text).toContain('>item</span>');
  expect(text).toMatch(/<dt>DEBUG<\/dt>\s*<dd>true<\/dd>/);
});

test('a 404 under DEBUG is text for what is no browser', async () => {
  const headers = { Accept: '*/*' };
  const { status, text } = await answerTo(sold(), { DEBUG }, '/', { headers });
  expect(status).toBe(404);
  expect(text).toMatch(/^404 Not Found: This item was sold\.\nRequest [\w-]+\n$/);
});

test.for<[error: Error, sentence: string]>([
  [new NotFound('sold'), 'There is nothing at this address.'],
  [new HttpError(418, 'sold'), 'The request cannot be answered.'],
  [new HttpError(500, 'sold'), 'Something went wrong on our side.'],
])('the plain page for %s says %s', async ([error, sentence]) => {
  const { text } = await answerTo(error);
  expect(text).toContain(sentence);
  expect(text).not.toContain('sold');
});

test('a plain page has the message of the error under DEBUG', async () => {
  const { text } = await answerTo(new PermissionDenied('Not for you.'), { DEBUG });
  expect(text).toContain('<p class="message">Not for you.</p>');
});

test('a 404 of a view shows where it says so', async () => {
  const { text } = await answerTo(sold(), { DEBUG });
  expect(text).toContain('<h1>This item was sold.</h1>');
  expect(text).toContain('faults.ts');
  expect(text).not.toContain('id="tried"');
});

test('a message that names a file shows it only where that is a source', async () => {
  const place = (file: string) =>
    new Error(`broken:\n${join(import.meta.dirname, '../project', file)}:1:0: no`);
  expect((await answerTo(place('src/manage.ts'), { DEBUG })).text).toContain('runCommand');
  expect((await answerTo(place('package.json'), { DEBUG })).text).not.toContain(
    '&#34;private&#34;',
  );
});

test.for<[message: unknown, shown: string]>([
  ['broken\n    at a (file://host/x.ts:1:2)', 'file://host/x.ts:1:2'],
  ['broken\n    at a (file:///x%2Fy.ts:1:2)', 'file:///x%2Fy.ts:1:2'],
  [{ code: 'E42' }, '{ code: &#39;E42&#39; }'],
])('an error whose message is %j is shown itself', async ([message, shown]) => {
  const error = Object.assign(new RangeError(String(message)), { message });
  const cause = new Error('outer', { cause: error });
  for (const thrown of [error, cause]) {
    const { status, text } = await answerTo(thrown, { DEBUG });
    expect(status).toBe(500);
    expect(text).toContain('RangeError');
    expect(text).toContain(shown);
  }
});
