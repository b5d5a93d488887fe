import { openSync } from 'node:fs';
import type { Application } from '@wsgi/wsgi';

/**
 * `/grow` takes memory until there is none, `/fill` such as is outside of V8's heap, `/leak` opens and
 * forgets fifty files, `/write` has what the client sent written to the log,
 * `/fail` throws, `/block` never yields the loop again, any other path tells who serves.
 */
export const application: Application = (environ, startResponse) => {
  if (environ.PATH_INFO === '/grow') grow();
  if (environ.PATH_INFO === '/fill') fill();
  if (environ.PATH_INFO === '/leak') for (let n = 0; n < 50; n++) openSync('/dev/null', 'r');
  if (environ.PATH_INFO === '/write') environ['wsgi.errors'].write(decoded(environ.QUERY_STRING));
  if (environ.PATH_INFO === '/block') for (;;);
  if (environ.PATH_INFO === '/fail') throw new Error('planted: the application fails');
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return [Buffer.from(String(process.pid))];
};

function grow(): never {
  const hoard: number[][] = [];
  for (;;) hoard.push(Array.from({ length: 10_000 }, Math.random));
}

function fill(): never {
  const hoard: Buffer[] = [];
  for (;;) hoard.push(Buffer.alloc(1_000_000, 1));
}

/** As applications do that log what they were sent. */
function decoded(query: string): string {
  return `client says: ${decodeURIComponent(query)} `;
}
