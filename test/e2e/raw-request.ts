import { connect } from 'node:net';
import { connect as connectSecurely } from 'node:tls';

export interface RawResponse {
  /** 0 where the connection was closed without a response. */
  readonly status: number;
  readonly text: string;
}

/** Sends exactly these bytes to 127.0.0.1, perhaps by TLS, and reads until the other side closes. */
export async function sendRaw(
  port: number,
  bytes: string,
  { isSecure = false } = {},
): Promise<RawResponse> {
  const options = { port, host: '127.0.0.1' };
  const secure = { ...options, servername: 'localhost', rejectUnauthorized: false };
  const socket = isSecure ? connectSecurely(secure) : connect(options);
  socket.setTimeout(30_000, () => socket.destroy(new Error('no answer within 30 s')));
  socket.write(bytes, 'latin1');
  let text = '';
  try {
    for await (const piece of socket.setEncoding('latin1')) text += String(piece);
  } catch (error) {
    // A refusal may reset the connection while more than it reads is still on its way.
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
  }
  return { status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? 0), text };
}

/** A request without a body, on a connection of its own. */
export function requestLine(method: string, target: string, ...fieldLines: string[]): string {
  const head = [`${method} ${target} HTTP/1.1`, 'Host: localhost', 'Connection: close'];
  return `${[...head, ...fieldLines].join('\r\n')}\r\n\r\n`;
}
