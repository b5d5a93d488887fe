import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** So many connect at the same time. */
const BATCH = 100;
const DRIBBLE_EVERY_MS = 2000;

const SLOW_HEAD = 'GET /echo/1 HTTP/1.1\r\nHost: localhost\r\nX-Slow: ';
const SLOW_BODY = 'POST /echo/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nbegin';

const [port, count] = process.argv.slice(2).map(Number) as [number, number];
const dribbling = new Set<Socket>();
let closed = 0;
let answered = 0;
let longestMs = 0;

for (let made = 0; made < count; made += BATCH) {
  const batch = Array.from({ length: Math.min(BATCH, count - made) }, (_, index) =>
    connectSlowly(index % 2 === 0),
  );
  await Promise.all(batch);
}
process.send?.('connected');
setInterval(dribble, DRIBBLE_EVERY_MS).unref();
reportWhenClosed();

async function connectSlowly(isHead: boolean): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' });
  const startedAtMs = performance.now();
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => {
    if (bytes.toString('latin1').startsWith('HTTP/1.1 408')) answered += 1;
  });
  socket.on('close', () => {
    closed += 1;
    dribbling.delete(socket);
    longestMs = Math.max(longestMs, performance.now() - startedAtMs);
    reportWhenClosed();
  });
  await once(socket, 'connect');
  socket.write(isHead ? SLOW_HEAD : SLOW_BODY);
  if (isHead) dribbling.add(socket);
}

/** One byte of the head at a time; a body that dribbles is allowed to go on for ever. */
function dribble(): void {
  for (const socket of dribbling) socket.write('x');
}

function reportWhenClosed(): void {
  if (closed === count) process.send?.({ closed, answered, longestMs });
}
