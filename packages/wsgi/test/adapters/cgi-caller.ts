import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { runCgi, type CgiVariables } from '../../src/adapters/cgi.ts';
import { ResponseReader } from '../../src/adapters/response-reader.ts';
import { cgiName } from '../../src/headers.ts';
import type { Application } from '../../src/types.ts';
import { unquote } from '../../src/url.ts';

/** A web server's side of CGI (RFC 3875), but that it starts no process. */
export function cgiCaller(
  application: Application,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const output = new PassThrough();
    response.on('close', () => output.destroy(new Error('EPIPE')));
    const streams = { input: request, output };
    void runCgi(application, variablesOf(request), streams, { onError: () => {} }).then(
      (isComplete) => (isComplete ? output.end() : output.destroy()),
    );
    void relay(output, response);
  };
}

function variablesOf(request: IncomingMessage): CgiVariables {
  const { method = '', url = '', httpVersion, socket, rawHeaders } = request;
  const target = url.replace(/^https?:\/\/[^/]*/, '');
  const [path = '', ...query] = target.split('?');
  const variables: Record<string, string> = {
    GATEWAY_INTERFACE: 'CGI/1.1',
    REQUEST_METHOD: method,
    SCRIPT_NAME: '',
    PATH_INFO: path === '*' ? '' : unquote(path),
    QUERY_STRING: query.join('?'),
    REQUEST_URI: target,
    SERVER_NAME: socket.localAddress ?? '',
    SERVER_PORT: String(socket.localPort),
    SERVER_PROTOCOL: `HTTP/${httpVersion}`,
    REMOTE_ADDR: socket.remoteAddress ?? '',
    REMOTE_PORT: String(socket.remotePort),
  };
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const key = cgiName(rawHeaders[index] ?? '');
    if (key === undefined) continue;
    const joint = key === 'HTTP_COOKIE' ? '; ' : ', ';
    const earlier = variables[key];
    const value = rawHeaders[index + 1] ?? '';
    variables[key] = earlier === undefined ? value : earlier + joint + value;
  }
  return variables;
}

async function relay(output: PassThrough, response: ServerResponse): Promise<void> {
  const reader = new ResponseReader();
  reader.feed(Buffer.from('HTTP/1.1 '));
  try {
    let isFirst = true;
    for await (const bytes of output as AsyncIterable<Buffer>) {
      reader.feed(isFirst ? bytes.subarray('Status: '.length) : bytes);
      isFirst = false;
      if (reader.head !== undefined && !response.headersSent) {
        const { code, status, headers } = reader.head;
        response.writeHead(code, status.slice(4), headers.flat());
        // Unlike `flushHeaders`, in latin1.
        response.write(Buffer.alloc(0));
      }
      for (const piece of reader.pieces.splice(0)) {
        if (!response.write(piece)) await drained(response);
      }
    }
    response.end();
  } catch {
    response.uncork();
    response.socket?.destroySoon();
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      response.off('drain', settle).off('close', settle);
      resolve();
    };
    response.on('drain', settle).on('close', settle);
  });
}
