import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BadRequest, NotFound, PermissionDenied } from '../../src/errors.ts';
import { path } from '../../src/urls/path.ts';
import { loadUrlconf } from '../../src/urls/urlconf.ts';
import { capturedLog } from '../captured-log.ts';
import { serveProject } from '../serve.ts';

const OWN_PAGES = join(import.meta.dirname, 'own-pages.ts');

async function answerTo(error: Error, settings = {}) {
  const { errorHandlers } = await loadUrlconf(OWN_PAGES);
  // Another one that is loaded, as a check does, takes none of them away.
  await loadUrlconf(join(import.meta.dirname, '../project/src/sample/urls.ts'));
  const fail = () => {
    throw error;
  };
  const { get } = await serveProject({ urlpatterns: [path('', fail)], errorHandlers, settings });
  return get('/');
}

test.for([
  [new BadRequest(), 422, 'own 400'],
  [new PermissionDenied(), 403, 'own 403'],
  [new NotFound('sold <out>'), 404, 'own 404 for /: sold &#60;out&#62;'],
] as const)("%s is answered with the project's own page, status %i", async ([error, ...answer]) => {
  capturedLog();
  const { status, text } = await answerTo(error);
  expect([status, text]).toEqual(answer);
});

test('a handler that fails is logged, and the plain page takes its place', async () => {
  const lines = capturedLog();
  const { status, text } = await answerTo(new Error('a fault'));
  expect([status, text]).toEqual([500, expect.stringContaining('Internal Server Error')]);
  expect(lines.map(({ message }) => message)).toEqual(['the request failed', 'handler500 failed']);
});

test('under DEBUG the technical pages come before the own ones, but for a 403', async () => {
  capturedLog();
  const DEBUG = true;
  expect((await answerTo(new NotFound('sold'), { DEBUG })).text).toContain('DEBUG is on');
  expect((await answerTo(new PermissionDenied(), { DEBUG })).text).toBe('own 403');
});

test('a handler that is no function is refused', async () => {
  const module = join(import.meta.dirname, 'bad-handler.ts');
  await expect(loadUrlconf(module)).rejects.toThrow(/handler404 of .* is string: expected/);
});
