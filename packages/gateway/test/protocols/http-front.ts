import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { unquote } from '@wsgi/wsgi/url';
import type { RunningServer } from '../../../wsgi/test/conformance.ts';
import {
  fastcgiHead,
  record,
  scgiPacket,
  uwsgiPacket,
  type Pairs,
  type ProxyProtocol,
} from './proxy-requests.ts';

/** A proxy that takes HTTP, and asks a server by another protocol as nginx does. */
export async function startFront(protocol: ProxyProtocol, port: number): Promise<RunningServer> {
  const idle: Socket[] = [];
  const server = createServer((request, response) => {
    void forward(
      protocol,
      request,
      response,
      idle.pop() ?? connect({ port, host: '127.0.0.1' }),
    ).then((upstream) => upstream && idle.push(upstream));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const upstream of idle) upstream.destroy();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Gives the connection where it can be used again. */
async function forward(
  protocol: ProxyProtocol,
  request: IncomingMessage,
  response: ServerResponse,
  upstream: Socket,
): Promise<Socket | undefined> {
  const isCut = (): boolean => !response.writableFinished;
  const leave = (): void => void (isCut() && upstream.destroy());
  response.on('close', leave);
  request.on('error', () => {});
  upstream.on('error', () => {});
  void sendRequest(protocol, request, upstream).catch(() => upstream.destroy());
  try {
    const isKept = await takeResponse(protocol, response, upstream);
    response.off('close', leave);
    if (isKept) upstream.removeAllListeners('error');
    return isKept ? upstream : undefined;
  } catch {
    response.socket?.resetAndDestroy();
    return undefined;
  }
}

async function sendRequest(
  protocol: ProxyProtocol,
  request: IncomingMessage,
  upstream: Socket,
): Promise<void> {
  if (protocol === 'fastcgi') {
    upstream.write(fastcgiHead(variablesOf(protocol, request), { isKept: true }));
    for await (const piece of request) await send(upstream, record(5, 1, piece as Buffer));
    return void upstream.write(record(5, 1));
  }
  const packet = protocol === 'uwsgi' ? uwsgiPacket : scgiPacket;
  if (request.headers['transfer-encoding'] === undefined) {
    upstream.write(packet(variablesOf(protocol, request)));
    for await (const piece of request) await send(upstream, piece as Buffer);
  } else {
    const body = Buffer.concat(await request.toArray());
    const length = ['CONTENT_LENGTH', String(body.length)] as const;
    upstream.write(packet([...variablesOf(protocol, request), length]));
    upstream.write(body);
  }
}

async function send(upstream: Socket, bytes: Buffer): Promise<void> {
  if (!upstream.write(bytes)) await once(upstream, 'drain');
}

/** Each protocol tells the path in the way that is usual with it in nginx. */
function variablesOf(protocol: ProxyProtocol, request: IncomingMessage): Pairs {
  const { url = '', socket, httpVersion, method = '' } = request;
  const [target = '', query] = splitAt(url.replace(/^http:\/\/[^/]*/, ''), '?');
  const path = unquote(target);
  const paths: Record<ProxyProtocol, Pairs> = {
    uwsgi: [['PATH_INFO', path]],
    scgi: [],
    fastcgi: [['SCRIPT_NAME', path === '*' ? '' : path]],
  };
  return [
    ['REQUEST_METHOD', method],
    ['REQUEST_URI', url],
    ['QUERY_STRING', query ?? ''],
    ['SERVER_PROTOCOL', `HTTP/${httpVersion}`],
    ['SERVER_NAME', 'localhost'],
    ['SERVER_PORT', '80'],
    ['REMOTE_ADDR', socket.remoteAddress ?? ''],
    ['REMOTE_PORT', String(socket.remotePort)],
    ...paths[protocol],
    ...fieldsOf(request.rawHeaders),
  ];
}

function fieldsOf(rawHeaders: readonly string[]): Pairs {
  const fields = new Map<string, string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [sent = '', value = ''] = rawHeaders.slice(index, index + 2);
    if (sent.includes('_')) continue;
    const name = `HTTP_${sent.toUpperCase().replaceAll('-', '_')}`;
    const earlier = fields.get(name);
    const sign = name === 'HTTP_COOKIE' ? '; ' : ', ';
    fields.set(name, earlier === undefined ? value : earlier + sign + value);
  }
  const content = ['CONTENT_TYPE', 'CONTENT_LENGTH'].map(
    (name) => [name, fields.get(`HTTP_${name}`) ?? ''] as const,
  );
  return [...fields, ...content.filter(([, value]) => value !== '')];
}

/** Gives whether the connection can be used again. Its end in the middle is an error. */
async function takeResponse(
  protocol: ProxyProtocol,
  response: ServerResponse,
  upstream: Socket,
): Promise<boolean> {
  let head: Buffer | undefined = Buffer.alloc(0);
  let left = Infinity;
  const pieces =
    protocol === 'fastcgi' ? outputOf(upstream) : upstream.iterator({ destroyOnReturn: false });
  for await (const bytes of pieces as AsyncIterable<Buffer>) {
    let piece = bytes;
    if (head !== undefined) {
      head = Buffer.concat([head, bytes]);
      const end = head.indexOf('\r\n\r\n');
      if (end === -1) continue;
      left = writeHead(response, head.toString('latin1', 0, end));
      piece = head.subarray(end + 4);
      head = undefined;
    }
    left -= piece.length;
    if (piece.length > 0 && !response.write(piece)) await once(response, 'drain');
  }
  const isWhole = head === undefined && (left === Infinity || left <= 0);
  if (!isWhole && response.req.method !== 'HEAD' && response.statusCode !== 304) {
    throw new Error('the response was cut');
  }
  response.end();
  return protocol === 'fastcgi' && !upstream.destroyed && !upstream.readableEnded;
}

/** Gives the length of the body. */
function writeHead(response: ServerResponse, head: string): number {
  const [first = '', ...lines] = head.split('\r\n');
  const [, code = '', reason = ''] = /^(?:Status:|HTTP\/1\.1) (\d{3}) ?(.*)$/.exec(first) ?? [];
  const headers = lines.flatMap((line) => splitAt(line, ': '));
  response.writeHead(Number(code), reason, headers);
  const length = lines.find((line) => /^content-length:/i.test(line));
  if (length === undefined) response.flushHeaders();
  return length === undefined ? Infinity : Number(splitAt(length, ': ')[1]);
}

/** What FCGI_STDOUT holds, up to FCGI_END_REQUEST. */
async function* outputOf(upstream: Socket): AsyncGenerator<Buffer> {
  let bytes: Buffer = Buffer.alloc(0);
  for await (const piece of upstream.iterator({ destroyOnReturn: false })) {
    bytes = Buffer.concat([bytes, piece as Buffer]);
    while (bytes.length >= 8) {
      const end = 8 + bytes.readUInt16BE(4) + (bytes[6] ?? 0);
      if (bytes.length < end) break;
      const content = bytes.subarray(8, 8 + bytes.readUInt16BE(4));
      const type = bytes[1];
      bytes = bytes.subarray(end);
      if (type === 3) return;
      if (content.length > 0) yield content;
    }
  }
  throw new Error('no FCGI_END_REQUEST');
}

function splitAt(text: string, sign: string): string[] {
  const index = text.indexOf(sign);
  return index === -1 ? [text] : [text.slice(0, index), text.slice(index + sign.length)];
}
