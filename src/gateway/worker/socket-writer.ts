import type { Socket } from 'node:net';
import type { Bytes } from '../../wsgi/types.ts';

/** Parts up to this size are copied into one write; it is cheaper than handing over several. */
const COPIED_BYTES_MAX = 16_384;

/** Writes parts of a message at once; text is latin1. Gives whether the client keeps up. */
export function writeParts(socket: Socket, parts: readonly (string | Bytes)[]): boolean {
  let bytes = 0;
  for (const part of parts) bytes += part.length;
  if (bytes <= COPIED_BYTES_MAX) return socket.write(join(parts, bytes));
  socket.cork();
  let isTaken = true;
  for (const part of parts) {
    isTaken = typeof part === 'string' ? socket.write(part, 'latin1') : socket.write(part);
  }
  socket.uncork();
  return isTaken;
}

function join(parts: readonly (string | Bytes)[], bytes: number): Buffer {
  const joined = Buffer.allocUnsafe(bytes);
  let offset = 0;
  for (const part of parts) {
    if (typeof part === 'string') joined.write(part, offset, 'latin1');
    else joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
