import { expect, test } from 'vitest';
import { requestId } from '../../src/middleware/request-id.ts';
import { HttpResponse } from '../../src/response.ts';
import { path } from '../../src/urls/path.ts';
import { serveProject } from '../serve.ts';

test('the response carries the id that the view sees', async () => {
  const { get } = await serveProject({
    urlpatterns: [path('', (request) => new HttpResponse(request.id))],
    middleware: [requestId],
  });
  const answer = await get('/');
  expect(answer.text).not.toBe('');
  expect(answer.headers['x-request-id']).toBe(answer.text);
});
