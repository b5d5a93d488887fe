import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { ProtocolError } from '../../http/protocol-error.ts';
import { uriHost, withoutMapping } from '../../wsgi/address.ts';
import { fileWrapper } from '../../wsgi/file-wrapper.ts';
import { cgiName, type CgiName } from '../../wsgi/headers.ts';
import { BodyInputStream } from '../../wsgi/input-stream.ts';
import { STANDARD_ERROR } from '../../wsgi/standard-error.ts';
import type { Bytes, Environ } from '../../wsgi/types.ts';
import { unquote } from '../../wsgi/url.ts';

interface EnvironOptions {
  readonly multiprocess: boolean;
  readonly scriptName: string;
  readonly signal: AbortSignal;
}

/** PEP 3333 "environ Variables", from the raw target and the raw headers. */
export function buildEnviron(request: IncomingMessage, options: EnvironOptions): Environ {
  const { socket, url: rawTarget = '' } = request;
  const environ: Environ = {
    REQUEST_METHOD: request.method ?? 'GET',
    ...pathVariables(rawTarget, options.scriptName),
    CONTENT_TYPE: '',
    CONTENT_LENGTH: '',
    SERVER_PROTOCOL: `HTTP/${request.httpVersion}`,
    SERVER_SOFTWARE: `node/${process.versions.node}`,
    ...addressVariables(socket),
    RAW_URI: rawTarget,
    REQUEST_URI: rawTarget,
    'wsgi.version': [1, 0],
    'wsgi.url_scheme': 'encrypted' in socket ? 'https' : 'http',
    'wsgi.input': inputStream(request),
    'wsgi.errors': STANDARD_ERROR,
    'wsgi.multithread': true,
    'wsgi.multiprocess': options.multiprocess,
    'wsgi.run_once': false,
    'wsgi.input_terminated': true,
    'wsgi.file_wrapper': fileWrapper,
    'gateway.signal': () => options.signal,
  };
  addHeaders(environ, request.rawHeaders);
  const authority = ABSOLUTE_FORM.exec(rawTarget)?.[1];
  if (authority !== undefined) environ['HTTP_HOST'] = authority;
  return environ;
}

function pathVariables(
  rawTarget: string,
  scriptName: string,
): Pick<Environ, 'SCRIPT_NAME' | 'PATH_INFO' | 'QUERY_STRING'> {
  const target = rawTarget.replace(ABSOLUTE_FORM, '');
  const queryStart = target.indexOf('?');
  const path = unquote(queryStart < 0 ? target : target.slice(0, queryStart));
  return {
    SCRIPT_NAME: scriptName,
    PATH_INFO: pathInfo(path, scriptName),
    QUERY_STRING: queryStart < 0 ? '' : target.slice(queryStart + 1),
  };
}

/** `OPTIONS *` has no path (RFC 9112 §3.2.4); `http://host` without one means `/` (RFC 9110 §4.2.3). */
function pathInfo(path: string, scriptName: string): string {
  if (path === '*') return '';
  if (path === '') return '/';
  return path === scriptName || path.startsWith(`${scriptName}/`)
    ? path.slice(scriptName.length)
    : path;
}

function addressVariables(
  socket: Socket,
): Pick<Environ, 'SERVER_NAME' | 'SERVER_PORT' | 'REMOTE_ADDR' | 'REMOTE_PORT'> {
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  return {
    SERVER_NAME: uriHost(withoutMapping(localAddress ?? 'localhost')),
    SERVER_PORT: String(localPort ?? 80),
    REMOTE_ADDR: withoutMapping(remoteAddress ?? ''),
    ...(remotePort === undefined ? {} : { REMOTE_PORT: String(remotePort) }),
  };
}

function addHeaders(environ: Environ, rawHeaders: readonly string[]): void {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = cgiName(rawHeaders[index] ?? '');
    if (name !== undefined) addHeader(environ, name, rawHeaders[index + 1] ?? '');
  }
}

/** RFC 9110 §5.3: repeats are one list; RFC 6265 §5.4: but cookies are joined with `; `. */
function addHeader(environ: Environ, name: CgiName, value: string): void {
  const before = environ[name];
  if (before === undefined || before === '') environ[name] = value;
  else environ[name] = before + (name === 'HTTP_COOKIE' ? '; ' : ',') + value;
}

function inputStream(request: IncomingMessage): BodyInputStream {
  let pieces: AsyncIterator<Bytes> | undefined;
  return new BodyInputStream(async () => {
    pieces ??= (request as AsyncIterable<Bytes>)[Symbol.asyncIterator]();
    const step = await pieces.next().catch(refuseBody);
    return step.done === true ? undefined : step.value;
  });
}

/** Malformed chunks and a client that left: no fault of the application that reads on. */
function refuseBody(): never {
  throw new ProtocolError(400, 'the body of the request was cut off');
}

// absolute-form = absolute-URI, whose authority counts instead of the Host header (RFC 9112 §3.2.2)
const ABSOLUTE_FORM = /^https?:\/\/([^/?]*)/i;
