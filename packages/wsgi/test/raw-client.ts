import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A response as it came over the wire; strings hold bytes (latin1). */
export interface RawResponse {
  /** `"200 OK"`. */
  readonly status: string;
  readonly headers: readonly [name: string, value: string][];
  /** Without the chunked coding. */
  readonly body: string;
  /** The body ended as its framing says, not by a cut. */
  readonly isComplete: boolean;
}

/** Sends one raw request and reads until the server ends the connection. */
export async function exchange(port: number, request: string): Promise<RawResponse> {
  const socket = await connectTo(port);
  socket.write(request, 'latin1');
  let wasReset = false;
  socket.on('error', () => {
    wasReset = true;
  });
  const response = parseResponse(await readAll(socket), !request.startsWith('HEAD '));
  return { ...response, isComplete: response.isComplete && !wasReset };
}

export async function connectTo(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** All bytes until the end of the connection, also where that is a reset. */
export function readAll(socket: Socket): Promise<string> {
  const pieces: Buffer[] = [];
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.on('data', (piece: Buffer) => pieces.push(piece));
  socket.on('error', () => socket.destroy());
  socket.on('close', () => resolve(Buffer.concat(pieces).toString('latin1')));
  return promise;
}

/** Reads until the text has come. */
export async function readUntil(socket: Socket, text: string): Promise<string> {
  let received = '';
  while (!received.includes(text)) {
    const [piece] = (await once(socket, 'data')) as [Buffer];
    received += piece.toString('latin1');
  }
  return received;
}

export function valuesOf(response: RawResponse, name: string): string[] {
  return response.headers
    .filter((header) => header[0].toLowerCase() === name.toLowerCase())
    .map(([, value]) => value);
}

function parseResponse(raw: string, mayHaveBody: boolean): RawResponse {
  const headEnd = raw.indexOf('\r\n\r\n');
  if (headEnd < 0) throw new Error(`no response: ${JSON.stringify(raw)}`);
  const [statusLine = '', ...lines] = raw.slice(0, headEnd).split('\r\n');
  const headers = lines.map(splitLine);
  const head = { status: statusLine.slice('HTTP/1.1 '.length), headers };
  const rest = raw.slice(headEnd + 4);
  const framing = (name: string): string | undefined =>
    headers.find((header) => header[0].toLowerCase() === name)?.[1];
  if (!mayHaveBody || /^(?:204|304)/.test(head.status)) {
    return { ...head, body: rest, isComplete: rest === '' };
  }
  if (framing('transfer-encoding') === 'chunked') return { ...head, ...decodeChunks(rest) };
  const length = framing('content-length');
  return {
    ...head,
    body: rest,
    isComplete: length === undefined || rest.length === Number(length),
  };
}

function splitLine(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

function decodeChunks(coded: string): { body: string; isComplete: boolean } {
  let body = '';
  for (let rest = coded; ;) {
    const [, digits] = /^([0-9a-f]+)\r\n/i.exec(rest) ?? [];
    if (digits === undefined) return { body, isComplete: false };
    const size = Number.parseInt(digits, 16);
    if (size === 0) return { body, isComplete: rest === '0\r\n\r\n' };
    const start = digits.length + 2;
    body += rest.slice(start, start + size);
    rest = rest.slice(start + size + 2);
  }
}
