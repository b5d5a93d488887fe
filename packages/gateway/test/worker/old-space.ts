// A program of its own, as V8's options are for a whole process. Serves many requests, and prints by
// how many bytes a request V8's old space grew, in the median of several rounds: a round may have what
// V8 makes once, such as code, or a full collection.
import { getHeapSpaceStatistics } from 'node:v8';
import { createApplication } from '../../../framework/src/application.ts';
import { requestId } from '../../../framework/src/middleware/request-id.ts';
import { securityHeaders } from '../../../framework/src/middleware/security.ts';
import { jsonResponse } from '../../../framework/src/response.ts';
import { configureSettings } from '../../../framework/src/settings.ts';
import { path } from '../../../framework/src/urls/path.ts';
import { compileUrlconf } from '../../../framework/src/urls/urlconf.ts';
import { pipeline } from './pipeline.ts';
import { serve } from './serve.ts';

const REQUEST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody';
const ROUNDS = 5;
const REQUESTS = 4000;

configureSettings({});
const view = async (request: { text(): Promise<string> }) => jsonResponse(await request.text());
const urlconf = compileUrlconf([path('', view)]);
const { port, server } = await serve(createApplication(urlconf, [requestId, securityHeaders]), {
  accessLog: undefined,
});
await pipeline(port, REQUEST, 2000);
const growths: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const before = oldSpaceBytes();
  await pipeline(port, REQUEST, REQUESTS);
  growths.push((oldSpaceBytes() - before) / REQUESTS);
}
const median = growths.toSorted((one, other) => one - other)[Math.floor(ROUNDS / 2)];
process.stdout.write(String(Math.round(median ?? Number.NaN)));
server.stop();

function oldSpaceBytes(): number {
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space');
  return space?.space_used_size ?? Number.NaN;
}
