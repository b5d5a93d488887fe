import { request as httpRequest } from 'node:http';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import {
  BadRequest,
  HttpError,
  NotFound,
  PayloadTooLarge,
  PermissionDenied,
} from '../src/errors.ts';
import { createApplication } from '../src/application.ts';
import { ProtocolError } from '@wsgi/wsgi/status';
import type { HttpRequest } from '../src/request.ts';
import { HttpResponse } from '../src/response.ts';
import { ResponseRecorder, type RecordedResponse } from '../src/testing/response-recorder.ts';
import { allowMethods, path, type View } from '../src/urls/path.ts';
import { compileUrlconf } from '../src/urls/urlconf.ts';
import { runApplication } from '@wsgi/wsgi/run';
import { validator } from '@wsgi/wsgi/validator';
import { sampleEnviron } from '../../wsgi/test/environ.ts';
import { capturedLog } from './captured-log.ts';
import { serveProject, withSettings } from './serve.ts';

function serveView(view: View, settings = {}) {
  return serveProject({ urlpatterns: [path('', view)], settings });
}

test.for<[Error, number]>([
  [new BadRequest(), 400],
  [new PermissionDenied(), 403],
  [new NotFound(), 404],
  [new PayloadTooLarge('too large'), 413],
  [new HttpError(503, 'busy'), 503],
  [new ProtocolError(408, 'body too slow'), 408],
  [new Error('a fault'), 500],
])('%s becomes a page with status %i, thrown or awaited', async ([error, status]) => {
  capturedLog();
  const thrown = await serveView(() => {
    throw error;
  });
  const awaited = await serveView(() => Promise.reject(error));
  for (const { get } of [thrown, awaited]) {
    const answer = await get('/', { headers: { 'X-Request-ID': 'id-of-this-one' } });
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.text).toContain('id-of-this-one');
  }
});

test('a page of production says nothing about the fault', async () => {
  capturedLog();
  const { get } = await serveView(() => {
    throw new Error('the password is hush');
  });
  const { text } = await get('/');
  expect(text).not.toContain('hush');
  expect(text).not.toContain('application.test');
});

test('a page under DEBUG has the stack, escaped', async () => {
  capturedLog();
  const { get } = await serveView(
    () => {
      throw new Error('<script>alert(1)</script>');
    },
    { DEBUG: true },
  );
  const { text } = await get('/');
  expect(text).toContain('&#60;script&#62;');
  expect(text).not.toContain('<script>');
  expect(text).toContain('application.test.ts');
});

test('a fault is one error line with the request id', async () => {
  const lines = capturedLog();
  const { get } = await serveView(() => Promise.reject(new Error('a fault')));
  await get('/', { headers: { 'X-Request-ID': 'id-of-this-one' } });
  expect(lines).toEqual([
    {
      level: 'error',
      fields: {
        request_id: 'id-of-this-one',
        method: 'GET',
        path: '/',
        status: 500,
        err: expect.objectContaining({ message: 'a fault' }),
      },
      message: 'the request failed',
    },
  ]);
});

test('a bad request is one warning, a 404 none', async () => {
  const lines = capturedLog();
  const { get } = await serveView(() => {
    throw new BadRequest('no such colour');
  });
  await get('/');
  await get('/nowhere');
  expect(lines).toMatchObject([{ level: 'warn', message: 'no such colour' }]);
});

test('a thrown value that is no error is logged too', async () => {
  const lines = capturedLog();
  const { get } = await serveView(() => {
    // oxlint-disable-next-line typescript/only-throw-error, no-throw-literal
    throw 'a string';
  });
  expect((await get('/')).status).toBe(500);
  expect(lines).toMatchObject([{ level: 'error', fields: { status: 500 } }]);
});

test.for<[view: View, name: string]>([
  [forgetful as unknown as View, "view forgetful of ''"],
  [allowMethods(['GET'], forgetful as unknown as View), "view forgetful of ''"],
  [(() => undefined) as unknown as View, "view of ''"],
])('a view that returns nothing is a fault that names it: %o', async ([view, name]) => {
  const lines = capturedLog();
  const { get } = await serveView(view);
  expect((await get('/')).status).toBe(500);
  expect(String(lines[0]?.fields['err'])).toContain(`The ${name} for / returned undefined`);
});

function forgetful(): void {}

/** Without the validator, whose word on the application is not for the pages of errors. */
async function answerOf(view: View): Promise<RecordedResponse> {
  const recorder = new ResponseRecorder('/');
  const application = createApplication(compileUrlconf([path('', view)]), []);
  await runApplication(application, sampleEnviron(), recorder);
  return recorder.response();
}

test.for<[what: string, () => HttpResponse]>([
  ['a header that is not latin1', () => new HttpResponse('', { headers: { 'X-Title': '日本' } })],
  ['a header of the connection', () => new HttpResponse('', { headers: { Connection: 'close' } })],
  ['a status that ends no request', () => new HttpResponse('', { status: 99 })],
])('%s is a fault like any other', async ([, respond]) => {
  withSettings({ DEBUG: true });
  const lines = capturedLog();
  for (const view of [respond, () => Promise.resolve(respond())]) {
    const answer = await answerOf(view);
    expect(answer.status).toBe(500);
    expect(answer.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
  }
  expect(lines).toMatchObject([
    { level: 'error', message: 'the request failed' },
    { level: 'error', message: 'the request failed' },
  ]);
});

test('the body of a response that cannot be sent is closed', async () => {
  withSettings({});
  capturedLog();
  const source = Readable.from(['content']);
  await answerOf(() => new HttpResponse(source, { headers: { 'X-Title': '日本' } }));
  expect(source.destroyed).toBe(true);
});

test('a synchronous view is answered without a promise', () => {
  withSettings({});
  const urlconf = compileUrlconf([path('', () => new HttpResponse('now'))]);
  const application = validator(createApplication(urlconf, [(next) => (request) => next(request)]));
  const body = application(sampleEnviron(), () => () => Promise.resolve());
  expect(body).not.toBeInstanceOf(Promise);
  expect(Array.from(body as Iterable<Uint8Array>, String)).toEqual(['now']);
});

test('HEAD has the headers of GET and no body', async () => {
  const { get } = await serveView(() => new HttpResponse('twelve bytes'));
  const answer = await get('/', { method: 'HEAD' });
  expect(answer.headers['content-length']).toBe('12');
  expect(answer.text).toBe('');
});

test('a streamed body arrives piece by piece', async () => {
  const held = Promise.withResolvers<void>();
  const { port } = await serveView(() => new HttpResponse(heldBack()));
  async function* heldBack() {
    yield 'first';
    await held.promise;
    yield 'second';
  }
  const [response] = await once(httpRequest({ port, host: '127.0.0.1' }).end(), 'response');
  const [first] = await once(response, 'data');
  expect(String(first)).toBe('first');
  held.resolve();
  const [second] = await once(response, 'data');
  expect(String(second)).toBe('second');
  response.destroy();
});

test('the signal of a request aborts when the client goes away, and nothing is logged', async () => {
  const lines = capturedLog();
  const ended = vi.fn<(error: unknown) => void>();
  const reached = Promise.withResolvers<void>();
  const { port } = await serveView(async ({ signal }: HttpRequest) => {
    reached.resolve();
    await sleep(60_000, undefined, { signal }).catch((error: unknown) => {
      ended(error);
      throw error;
    });
    return new HttpResponse('never');
  });
  const outgoing = httpRequest({ port, host: '127.0.0.1' }).end();
  outgoing.on('error', () => {});
  await reached.promise;
  outgoing.destroy();
  await vi.waitFor(() => expect(ended).toHaveBeenCalledOnce());
  expect(lines).toEqual([]);
});
