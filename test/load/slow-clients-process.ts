import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { BEGINNINGS, type Beginning } from './slow-beginnings.ts';

/** So many connect at the same time. */
const BATCH = 100;
const DRIBBLE_EVERY_MS = 2000;

const [port, count] = process.argv.slice(2, 4).map(Number) as [number, number];
const [localAddress, ...names] = process.argv.slice(4) as [string, ...(keyof typeof BEGINNINGS)[]];
const beginnings = names.map((name): Beginning => BEGINNINGS[name]);
const dribbling = new Set<Socket>();
let closed = 0;
let answered = 0;
let longestMs = 0;

for (let made = 0; made < count; made += BATCH) {
  const batch = Array.from({ length: Math.min(BATCH, count - made) }, (_, index) =>
    connectSlowly(beginnings[index % beginnings.length] ?? BEGINNINGS.head),
  );
  await Promise.all(batch);
}
process.send?.('connected');
setInterval(dribble, DRIBBLE_EVERY_MS).unref();
reportWhenClosed();

async function connectSlowly({ text, dribbles }: Beginning): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
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
  socket.write(text);
  if (dribbles) dribbling.add(socket);
}

/** One byte at a time. */
function dribble(): void {
  for (const socket of dribbling) socket.write('x');
}

function reportWhenClosed(): void {
  if (closed === count) process.send?.({ closed, answered, longestMs });
}
