import type { Socket } from 'node:net';
import type { Bytes } from '../../wsgi/types.ts';

/** Parts up to this size are joined as text: Node writes that without a buffer made for it. */
const JOINED_BYTES_MAX = 16_384;

/** Writes parts of a message at once; text is latin1. Gives whether the client keeps up. */
export function writeParts(socket: Socket, parts: readonly (string | Bytes)[]): boolean {
  let bytes = 0;
  for (const part of parts) bytes += part.length;
  if (bytes <= JOINED_BYTES_MAX) return socket.write(join(parts), 'latin1');
  socket.cork();
  let isTaken = true;
  for (const part of parts) {
    if (part.length > 0) isTaken = writePart(socket, part);
  }
  socket.uncork();
  return isTaken;
}

function writePart(socket: Socket, part: string | Bytes): boolean {
  return typeof part === 'string' ? socket.write(part, 'latin1') : socket.write(part);
}

function join(parts: readonly (string | Bytes)[]): string {
  let text = '';
  for (const part of parts) text += typeof part === 'string' ? part : latin1Of(part);
  return text;
}

function latin1Of(bytes: Bytes): string {
  const { buffer, byteOffset, byteLength } = bytes;
  const view = Buffer.isBuffer(bytes) ? bytes : Buffer.from(buffer, byteOffset, byteLength);
  return view.toString('latin1');
}
