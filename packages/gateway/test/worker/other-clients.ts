// A program of its own, as V8's options are for a whole process. Serves one kind of client until its
// code is optimized, says so, and then serves other kinds.
import { createApplication } from '../../../framework/src/application.ts';
import { health } from '../../../framework/src/middleware/health.ts';
import { requestId } from '../../../framework/src/middleware/request-id.ts';
import {
  crossOriginProtection,
  hosts,
  httpsRedirect,
  securityHeaders,
} from '../../../framework/src/middleware/security.ts';
import { jsonResponse } from '../../../framework/src/response.ts';
import { configureSettings } from '../../../framework/src/settings.ts';
import { path } from '../../../framework/src/urls/path.ts';
import { compileUrlconf } from '../../../framework/src/urls/urlconf.ts';
import { pipeline } from './pipeline.ts';
import { serve } from './serve.ts';

const FIELDS = ['Host: a', 'Accept: b', 'User-Agent: c', 'Referer: d', 'Cookie: e=f'];

configureSettings({ ALLOWED_HOSTS: ['a'], HEALTH_PATH: '/healthz' });
const urlconf = compileUrlconf([path('', () => jsonResponse({ ok: true }))]);
const { port, server } = await serve(
  createApplication(urlconf, [
    requestId,
    securityHeaders,
    health,
    hosts,
    httpsRedirect,
    crossOriginProtection,
  ]),
);
await pipeline(port, requestOf(FIELDS), 30_000);
process.stdout.write('optimized\n');
await pipeline(port, requestOf(FIELDS.toReversed()), 2000);
await pipeline(port, requestOf([...FIELDS, 'Sec-Fetch-Site: none']), 2000);
server.stop();

function requestOf(fields: readonly string[]): string {
  return ['GET / HTTP/1.1', ...fields, '', ''].join('\r\n');
}
