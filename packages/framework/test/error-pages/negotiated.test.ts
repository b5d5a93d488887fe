import { expect, test } from 'vitest';
import { loadErrorPage } from '../../src/error-pages/technical-page.ts';
import { BadRequest, HttpError, MethodNotAllowed } from '../../src/errors.ts';
import { html } from '../../src/html.ts';
import { htmlResponse } from '../../src/response.ts';
import { path } from '../../src/urls/path.ts';
import type { ErrorHandler } from '../../src/urls/urlconf.ts';
import { capturedLog } from '../captured-log.ts';
import { serve, serveProject, type Project } from '../serve.ts';

const CHROME = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';
const AXIOS = 'application/json, text/plain, */*';

async function answerTo(error: Error, headers: Record<string, string>, project: Project = {}) {
  capturedLog();
  const fail = () => {
    throw error;
  };
  const { get } = await serveProject({ urlpatterns: [path('', fail)], ...project });
  return get('/', { headers });
}

test.for<[accept: string | undefined, contentType: string | undefined, type: string]>([
  [undefined, undefined, 'text/html; charset=utf-8'],
  [CHROME, undefined, 'text/html; charset=utf-8'],
  [CHROME, 'application/json', 'text/html; charset=utf-8'],
  ['*/*', undefined, 'text/plain; charset=utf-8'],
  ['image/*', undefined, 'text/plain; charset=utf-8'],
  ['text/plain, text/html;q=0.5', undefined, 'text/plain; charset=utf-8'],
  ['application/json', undefined, 'application/json'],
  [AXIOS, undefined, 'application/json'],
  ['application/problem+json', undefined, 'application/problem+json'],
  ['*/*', 'application/json; charset=utf-8', 'application/problem+json'],
  [undefined, 'application/ld+json', 'application/problem+json'],
])('for Accept %s and a body of %s each error is %s', async ([accept, sent, type]) => {
  const headers = { ...(accept && { Accept: accept }), ...(sent && { 'Content-Type': sent }) };
  for (const DEBUG of [true, false]) {
    for (const status of [400, 403, 404, 405, 413, 415, 418, 500, 503]) {
      const answer = await answerTo(new HttpError(status, 'no'), headers, { settings: { DEBUG } });
      expect([answer.status, answer.headers['content-type']]).toEqual([status, type]);
      expect(answer.headers['cache-control']).toBe('no-store');
    }
  }
});

const JSON_CLIENT = { Accept: 'application/json', 'X-Request-ID': 'id-of-this-one' };

test("a JSON client is told the status, the view's own words and the request's id", async () => {
  const { text } = await answerTo(new BadRequest('There is no photo.'), JSON_CLIENT);
  expect(JSON.parse(text)).toEqual({
    type: 'about:blank',
    title: 'Bad Request',
    status: 400,
    detail: 'There is no photo.',
    request_id: 'id-of-this-one',
  });
});

test('nobody is told of a fault, but under DEBUG with its stack', async () => {
  const { text } = await answerTo(new Error('canary'), JSON_CLIENT);
  expect(text).toContain('"detail":"Something went wrong on our side."');
  expect(text).not.toMatch(/canary|stack/);
  const debug = await answerTo(new Error('canary'), JSON_CLIENT, { settings: { DEBUG: true } });
  const { detail, stack } = JSON.parse(debug.text) as { detail: string; stack: string[] };
  expect(detail).toBe('canary');
  expect(stack[0]).toBe('Error: canary');
  expect(stack[1]).toMatch(/^ +at .*negotiated\.test\.ts/);
});

test('the text for a command line is one line and the id', async () => {
  const headers = { Accept: '*/*', 'X-Request-ID': 'id-of-this-one' };
  const { text } = await answerTo(new BadRequest('There is no photo.'), headers);
  expect(text).toBe('400 Bad Request: There is no photo.\nRequest id-of-this-one\n');
});

test('a project may have a handler for every status, and leave some answers to the framework', async () => {
  const handler: ErrorHandler = (request) =>
    request.accepts(['text/html', 'application/json']) === 'text/html'
      ? htmlResponse(html`<p>own</p>`)
      : undefined;
  const errorHandlers = new Map([[405, handler]]);
  const error = new MethodNotAllowed('GET', ['POST']);
  const page = await answerTo(error, { Accept: CHROME }, { errorHandlers });
  expect([page.status, page.text, page.headers.allow]).toEqual([405, '<p>own</p>', 'POST']);
  const json = await answerTo(error, JSON_CLIENT, { errorHandlers });
  expect([json.headers['content-type'], json.headers.allow]).toEqual(['application/json', 'POST']);
});

test('a project that cannot be loaded tells each client in its own form', async () => {
  const { get } = await serve(loadErrorPage(new Error('a broken module')));
  const page = await get('/', { headers: { Accept: CHROME } });
  expect([page.status, page.headers['refresh']]).toEqual([500, '2']);
  const text = await get('/', { headers: { Accept: '*/*' } });
  expect([text.status, text.headers['content-type']]).toEqual([500, 'text/plain; charset=utf-8']);
  expect(text.text).toMatch(/^Error: a broken module\n +at /);
});
