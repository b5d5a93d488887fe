import { connect } from 'node:net';

const BATCH = 50;

/** Sends a request so many times on one connection, a batch of pipelined ones after the other. */
export async function pipeline(port: number, request: string, count: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  const batch = request.repeat(BATCH);
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
