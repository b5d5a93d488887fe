import { expect, test } from 'vitest';
import { NotFound } from '../../src/errors.ts';
import { createApplication } from '../../src/application.ts';
import { whenReady, type Handler, type Middleware } from '../../src/middleware/middleware.ts';
import type { HttpRequest } from '../../src/request.ts';
import { HttpResponse } from '../../src/response.ts';
import { path } from '../../src/urls/path.ts';
import { compileUrlconf } from '../../src/urls/urlconf.ts';
import { capturedLog } from '../captured-log.ts';
import { serveProject } from '../serve.ts';

function adding(letter: string): Middleware {
  return (getResponse) => (request) =>
    whenReady(getResponse(request), (response) => {
      response.headers.set('X-Order', `${response.headers.get('X-Order') ?? ''}${letter}`);
      return response;
    });
}

const urlpatterns = [path('', () => new HttpResponse('view'))];

test('the first of the list is the outermost', async () => {
  const { get } = await serveProject({ urlpatterns, middleware: [adding('a'), adding('b')] });
  expect((await get('/')).headers['x-order']).toBe('ba');
});

test('each is called once, at the start', async () => {
  let calls = 0;
  const counting: Middleware = (getResponse) => {
    calls += 1;
    return getResponse;
  };
  const { get } = await serveProject({ urlpatterns, middleware: [counting] });
  await get('/');
  await get('/');
  expect(calls).toBe(1);
});

test('an outer one sees the response of an exception, not the exception', async () => {
  const refusing: Middleware = () => () => {
    throw new NotFound();
  };
  const { get } = await serveProject({ urlpatterns, middleware: [adding('a'), refusing] });
  const answer = await get('/');
  expect(answer.status).toBe(404);
  expect(answer.headers['x-order']).toBe('a');
});

test('one that waits is waited for', async () => {
  const waiting: Middleware = (getResponse) => async (request) => {
    const response = await getResponse(request);
    response.status = 201;
    return response;
  };
  const { get } = await serveProject({ urlpatterns, middleware: [adding('a'), waiting] });
  expect((await get('/')).status).toBe(201);
});

test('a fault of its own is a 500', async () => {
  const lines = capturedLog();
  const faulty: Middleware = (getResponse) => (request) =>
    whenReady(getResponse(request), () => {
      throw new Error('in the middleware');
    });
  const { get } = await serveProject({ urlpatterns, middleware: [faulty] });
  expect((await get('/')).status).toBe(500);
  expect(lines).toHaveLength(1);
});

test('one that returns no function is refused at the start, by its name', () => {
  const nothing = (() => undefined) as unknown as Middleware;
  expect(() => createApplication(compileUrlconf([]), [nothing])).toThrow(
    'MIDDLEWARE: nothing returned undefined: expected a function of the request.',
  );
});

const forgets = (getResponse: Handler) => (request: HttpRequest) => void getResponse(request);
const forgetsLater = (getResponse: Handler) => async (request: HttpRequest) =>
  void (await getResponse(request));

test.for([forgets, forgetsLater])(
  '%o, which answers with nothing, is a 500 that says so',
  async (own) => {
    const lines = capturedLog();
    const middleware = [adding('a'), own as unknown as Middleware];
    for (const chain of [middleware, middleware.slice(1)]) {
      const { get } = await serveProject({ urlpatterns, middleware: chain });
      expect((await get('/')).status).toBe(500);
      expect(String(lines.pop()?.fields['err'])).toContain(
        `The middleware ${own.name} for / returned undefined, not an HttpResponse.`,
      );
    }
  },
);
