import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

const PIECE = Buffer.alloc(65_536, 'x');
const PROGRESS_BYTES = 16_777_216;
const FIELDS = 'Host: localhost\r\nConnection: close\r\n';
const HEAD_END = '\r\n\r\n';

/** Called every 16 MiB. */
type OnProgress = () => void;

/** Sends a body of so many bytes, and gives how many the server says have come. */
export async function upload(port: number, bytes: number, onProgress: OnProgress): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1' });
  const answer = text(socket);
  socket.write(`POST / HTTP/1.1\r\n${FIELDS}Content-Length: ${bytes}${HEAD_END}`);
  for (let sent = 0; sent < bytes; sent += PIECE.length) {
    if (sent % PROGRESS_BYTES === 0) onProgress();
    if (!socket.write(PIECE)) await once(socket, 'drain');
  }
  return Number((await answer).split(HEAD_END)[1]);
}

/** Asks for so many bytes, and gives how many have come. */
export async function download(
  port: number,
  bytes: number,
  onProgress: OnProgress,
): Promise<number> {
  let headBytes = 0;
  let count = 0;
  let progressAt = 0;
  // One buffer for all that is read: the client costs as little as it can.
  const buffer = Buffer.alloc(PIECE.length);
  const onRead = (length: number): boolean => {
    if (headBytes === 0) headBytes = buffer.indexOf(HEAD_END) + HEAD_END.length;
    count += length;
    if (count < progressAt) return true;
    progressAt += PROGRESS_BYTES;
    onProgress();
    return true;
  };
  const socket = connect({ port, host: '127.0.0.1', onread: { buffer, callback: onRead } });
  socket.write(`GET /${bytes} HTTP/1.1\r\n${FIELDS}\r\n`);
  await once(socket, 'close');
  return count - headBytes;
}
