import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { ClientSocket, Outbox, type SocketListener } from '../../src/worker/client-socket.ts';

const NOBODY: SocketListener = { onDrain: () => {}, onEnd: () => {}, onClose: () => {} };

async function writerToSomeone(
  sendMs = 10_000,
  outbox = new Outbox(),
): Promise<{
  writer: ClientSocket;
  socket: Socket;
  client: Socket;
  received: (length: number) => Promise<string>;
}> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = (await once(server, 'connection')) as [Socket];
  onTestFinished(() => {
    client.destroy();
    socket.destroy();
    server.close();
  });
  const received = async (length: number): Promise<string> => {
    let text = '';
    for await (const piece of client) {
      text += String(piece);
      if (text.length >= length) break;
    }
    return text;
  };
  return { writer: new ClientSocket(socket, outbox, sendMs, NOBODY), socket, client, received };
}

test('a piece of a message is written at once, the end of it at the end of the turn', async () => {
  const { writer, socket, received } = await writerToSomeone();
  void writer.write(['one ', Buffer.from('piece, ')]);
  expect(socket.bytesWritten).toBe('one piece, '.length);
  writer.writeLast(['the ', Buffer.from('end')]);
  expect(socket.bytesWritten).toBe('one piece, '.length);
  await endOfTurn();
  expect(await received(18)).toBe('one piece, the end');
});

test('what waits goes before what is written later, however large', async () => {
  const { writer, received } = await writerToSomeone();
  const large = Buffer.alloc(100_000, 'x');
  writer.writeLast(['first ']);
  void writer.write(['second ']);
  writer.writeLast(['third ']);
  writer.writeLast(['fourth ', large]);
  writer.writeLast(['fifth']);
  const text = await received(100_031);
  expect(text.replace(/x+/, 'X')).toBe('first second third fourth Xfifth');
});

test('each of many that wait in one turn is written', async () => {
  const outbox = new Outbox();
  const some = await Promise.all(
    Array.from({ length: 130 }, () => writerToSomeone(10_000, outbox)),
  );
  for (const { writer } of some) writer.writeLast(['end']);
  await endOfTurn();
  expect(some.map(({ socket }) => socket.bytesWritten)).toEqual(some.map(() => 3));
});

/** More than the buffers of two sockets take, which grow with what is read. */
const LARGE = Buffer.alloc(64 * 1024 * 1024);

test('a client that takes nothing is given so long', async () => {
  const { writer } = await writerToSomeone(50);
  void writer.write([LARGE]);
  expect([0, 49, 50].map((nowMs) => writer.isStalled(nowMs))).toEqual([false, false, true]);
});

test('a client that takes a part of one large piece has its time again', async () => {
  const { writer, client, socket } = await writerToSomeone(50);
  void writer.write([LARGE]);
  writer.isStalled(0);
  // More would make its system take all of the rest for it.
  client.on('data', () => {
    if (client.bytesRead > LARGE.length / 16) client.pause();
  });
  await expect.poll(() => writer.isStalled(50)).toBe(false);
  expect(socket.writableLength).toBe(LARGE.length);
});

test('a client that has taken everything has all the time', async () => {
  const { writer, socket } = await writerToSomeone(50);
  void writer.write(['all']);
  await expect.poll(() => socket.writableLength).toBe(0);
  expect([0, 1000].map((nowMs) => writer.isStalled(nowMs))).toEqual([false, false]);
});

test('everybody who waits for a slow client is woken', async () => {
  const { writer, socket } = await writerToSomeone();
  const waiting: unknown[] = [writer.write([LARGE]), writer.write(['more'])];
  expect(waiting).toEqual([expect.any(Promise), expect.any(Promise)]);
  socket.emit('drain');
  for (const one of waiting) await one;
});

test('what waits for a socket that is closed is let go', async () => {
  const { writer, socket } = await writerToSomeone();
  const errors: unknown[] = [];
  socket.on('error', (error) => errors.push(error));
  writer.writeLast(['late']);
  socket.destroy();
  await endOfTurn();
  await endOfTurn();
  expect(errors).toEqual([]);
});

/** What flushes, in the order in which it does. */
function holders() {
  const flushed: string[] = [];
  return { flushed, holder: (name: string) => ({ flush: () => flushed.push(name) }) };
}

test('what is added leaves at the end of the turn, in its order', async () => {
  const outbox = new Outbox();
  const { flushed, holder } = holders();
  outbox.add(holder('a'));
  outbox.add(holder('b'));
  await Promise.resolve();
  expect(flushed).toEqual([]);
  await endOfTurn();
  expect(flushed).toEqual(['a', 'b']);
});

test('64 leave at once, and later ones at the end of the turn', async () => {
  const outbox = new Outbox();
  const { flushed, holder } = holders();
  for (let count = 0; count < 63; count++) outbox.add(holder('early'));
  expect(flushed).toHaveLength(0);
  outbox.add(holder('the 64th'));
  expect(flushed).toHaveLength(64);
  outbox.add(holder('late'));
  await endOfTurn();
  expect(flushed.at(-1)).toBe('late');
});

test('what has waited a millisecond leaves before the next request is served', () => {
  const outbox = new Outbox();
  const { flushed, holder } = holders();
  const nowMs = performance.now();
  outbox.flushOverdue(nowMs + 60_000);
  outbox.add(holder('a'));
  outbox.flushOverdue(nowMs);
  expect(flushed).toEqual([]);
  outbox.flushOverdue(performance.now() + 1);
  expect(flushed).toEqual(['a']);
});

test('what is added while others leave is not lost', async () => {
  const outbox = new Outbox();
  const { flushed, holder } = holders();
  outbox.add({ flush: () => outbox.add(holder('added late')) });
  await endOfTurn();
  await endOfTurn();
  expect(flushed).toEqual(['added late']);
});
