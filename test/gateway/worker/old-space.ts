// A program of its own, as V8's options are for a whole process. Serves many requests, and prints by
// how many bytes a request V8's old space grew.
import { connect } from 'node:net';
import { getHeapSpaceStatistics } from 'node:v8';
import { createApplication } from '../../../src/framework/handler.ts';
import { requestId } from '../../../src/framework/middleware/request-id.ts';
import { securityHeaders } from '../../../src/framework/middleware/security-headers.ts';
import { jsonResponse } from '../../../src/framework/response.ts';
import { configureSettings } from '../../../src/framework/settings.ts';
import { path } from '../../../src/framework/urls/path.ts';
import { compileUrlconf } from '../../../src/framework/urls/urlconf.ts';
import { serve } from './serve.ts';

const BATCH = 50;
const REQUESTS = BATCH * 400;

configureSettings({});
const view = async (request: { text(): Promise<string> }) => jsonResponse(await request.text());
const urlconf = compileUrlconf([path('', view)]);
const { port, server } = await serve(createApplication(urlconf, [requestId, securityHeaders]), {
  accessLog: undefined,
});
await send(BATCH * 40);
const before = oldSpaceBytes();
await send(REQUESTS);
process.stdout.write(String(Math.round((oldSpaceBytes() - before) / REQUESTS)));
server.stop();

function oldSpaceBytes(): number {
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space');
  return space?.space_used_size ?? Number.NaN;
}

/** On one connection, a batch of pipelined requests after the other. */
async function send(count: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  const batch = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody'.repeat(BATCH);
  let answered = 0;
  socket.write(batch);
  for await (const piece of socket) {
    const now = String(piece).split('HTTP/1.1 200').length - 1;
    answered += now;
    if (answered >= count) break;
    if (now > 0 && answered % BATCH === 0) socket.write(batch);
  }
  socket.destroy();
}
