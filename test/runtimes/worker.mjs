import { fetchHandler } from '@wsgi/wsgi/adapters/fetch-handler';
import { application } from './application.js';

const answer = fetchHandler(application);

export default {
  fetch: (request, _env, context) =>
    answer(request, {
      remoteAddress: request.headers.get('CF-Connecting-IP') ?? '',
      waitUntil: (done) => context.waitUntil(done),
    }),
};
