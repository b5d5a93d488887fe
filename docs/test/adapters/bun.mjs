import { fetchHandler } from '@wsgi/wsgi/adapters/fetch-handler';
import { application } from './dist/myproject/wsgi.js';

const answer = fetchHandler(application);

Bun.serve({
  port: Number(process.env.PORT ?? 8000),
  fetch: (request, server) =>
    answer(request, { remoteAddress: server.requestIP(request)?.address }),
});
