import { expect, onTestFinished, test } from 'vitest';
import { onError } from '../src/error-responses.ts';
import { BadRequest } from '../src/errors.ts';
import { path } from '../src/urls/path.ts';
import { capturedLog } from './captured-log.ts';
import { serveProject } from './serve.ts';

function throwing(error: Error): () => never {
  return () => {
    throw error;
  };
}

const urlpatterns = [
  path('fault/', throwing(new Error('canary'))),
  path('bad/', throwing(new BadRequest())),
];

test('a listener is told of a fault with its request, and of nothing that a client did', async () => {
  capturedLog();
  const told: string[] = [];
  onTestFinished(onError((error, { path: at }) => void told.push(`${error.message} at ${at}`)));
  const { get } = await serveProject({ urlpatterns });
  for (const at of ['/fault/', '/bad/', '/nowhere/']) await get(at);
  expect(told).toEqual(['canary at /fault/']);
});

test.for([
  ['throws', throwing(new Error('no network')), 1],
  ['rejects', () => Promise.reject(new Error('no network')), 1],
  ['never ends', () => new Promise<void>(() => {}), 0],
] as const)('one that %s changes no answer', async ([, listener, lines]) => {
  const log = capturedLog();
  onTestFinished(onError(listener));
  const { get } = await serveProject({ urlpatterns });
  expect((await get('/fault/')).status).toBe(500);
  const failures = log.filter(({ message }) => message === 'a listener of onError failed');
  expect(failures).toHaveLength(lines);
});

test('one that has ended is told no more', async () => {
  capturedLog();
  let count = 0;
  const end = onError(() => void count++);
  const { get } = await serveProject({ urlpatterns });
  await get('/fault/');
  end();
  await get('/fault/');
  expect(count).toBe(1);
});
