import process from 'node:process';
import { fetchHandler } from './dist/adapters/fetch-handler.js';
import { application } from './dist/myproject/wsgi.js';

const answer = fetchHandler(application);

Deno.serve({ port: Number(process.env.PORT ?? 8000) }, (request, { remoteAddr }) =>
  answer(request, { remoteAddress: remoteAddr.hostname }),
);
