import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** So many connect, or ask, at the same time. */
const BATCH = 100;
const REQUEST = 'GET /echo/1 HTTP/1.1\r\nHost: localhost\r\n\r\n';

const [port, count] = process.argv.slice(2).map(Number) as [number, number];
const sockets: Socket[] = [];

while (sockets.length < count) {
  const size = Math.min(BATCH, count - sockets.length);
  sockets.push(...(await Promise.all(Array.from({ length: size }, connectSocket))));
}
process.send?.(await askOnEach());
process.on('message', () => void askOnEach().then((answered) => process.send?.(answered)));

async function connectSocket(): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Gives how many were answered. */
async function askOnEach(): Promise<number> {
  let answered = 0;
  for (let asked = 0; asked < count; asked += BATCH) {
    const answers = await Promise.all(sockets.slice(asked, asked + BATCH).map(ask));
    answered += answers.filter((text) => text.startsWith('HTTP/1.1 200')).length;
  }
  return answered;
}

/** What comes first; nothing where the server has closed. */
async function ask(socket: Socket): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const onClose = (): void => resolve('');
  socket.once('close', onClose);
  socket.once('data', (bytes) => resolve(bytes.toString('latin1')));
  if (socket.destroyed) onClose();
  else socket.write(REQUEST);
  const text = await promise;
  socket.off('close', onClose);
  return text;
}
