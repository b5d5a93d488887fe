import process from 'node:process';
import { fetchHandler } from '@wsgi/wsgi/adapters/fetch-handler';
import { application } from './dist/myproject/wsgi.js';

const answer = fetchHandler(application);

Deno.serve({ port: Number(process.env.PORT ?? 8000) }, (request, { remoteAddr }) =>
  answer(request, { remoteAddress: remoteAddr.hostname }),
);
