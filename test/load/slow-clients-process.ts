import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { BEGINNINGS, type Beginning } from './slow-beginnings.ts';

/** So many connect at the same time. */
const BATCH = 100;
const DRIBBLE_EVERY_MS = 2000;

const [port, count] = process.argv.slice(2, 4).map(Number) as [number, number];
const [localAddress, ...names] = process.argv.slice(4) as [string, ...(keyof typeof BEGINNINGS)[]];
/** A handshake takes a millisecond of both sides: few at a time, so that others have their turn. */
const batchSize = names.some((name) => name === 'secureHead') ? 20 : BATCH;
const beginnings = names.map((name): Beginning => BEGINNINGS[name]);
const dribbling = new Set<Socket>();
let closed = 0;
let answered = 0;
let longestMs = 0;

for (let made = 0; made < count; made += batchSize) {
  const batch = Array.from({ length: Math.min(batchSize, count - made) }, (_, index) =>
    connectSlowly(beginnings[index % beginnings.length] ?? BEGINNINGS.head),
  );
  await Promise.all(batch);
}
process.send?.('connected');
setInterval(dribble, DRIBBLE_EVERY_MS).unref();
reportWhenClosed();

async function connectSlowly({ text, dribbles, isSecure }: Beginning): Promise<void> {
  const raw = connect({ port, host: '127.0.0.1', localAddress });
  raw.on('error', () => undefined);
  await once(raw, 'connect');
  const socket = isSecure === true ? await secured(raw) : raw;
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
  socket.write(text, 'latin1');
  if (dribbles) dribbling.add(socket);
}

async function secured(socket: Socket): Promise<Socket> {
  const secure = connectSecurely({ socket, servername: 'localhost', rejectUnauthorized: false });
  await once(secure, 'secureConnect');
  return secure;
}

/** One byte at a time. */
function dribble(): void {
  for (const socket of dribbling) socket.write('x');
}

function reportWhenClosed(): void {
  if (closed === count) process.send?.({ closed, answered, longestMs });
}
