import { ProtocolError } from '../http/protocol-error.ts';
import { fileWrapper } from '../wsgi/streams.ts';
import { cgiName, type CgiName } from '../wsgi/headers.ts';
import { BodyInputStream } from '../wsgi/input-stream.ts';
import { STANDARD_ERROR } from '../wsgi/streams.ts';
import type { Awaitable, Bytes, Environ, HeaderList } from '../wsgi/types.ts';
import { unquote } from '../wsgi/url.ts';
import type { HandlerOptions } from './handler-options.ts';

/** What a server knows of a request. Strings hold bytes, one code point ≤ U+00FF each. */
export interface RequestFacts {
  readonly method: string;
  /** The request target as it came (RFC 9112 §3.2). */
  readonly target: string;
  readonly protocol: string;
  readonly scheme: 'http' | 'https';
  readonly addresses: Pick<Environ, 'SERVER_NAME' | 'SERVER_PORT' | 'REMOTE_ADDR' | 'REMOTE_PORT'>;
  readonly headers: HeaderList;
  /** Gives the next piece of the body, `undefined` at its end. */
  readonly pull: () => Awaitable<Bytes | undefined>;
  readonly signal: AbortSignal;
}

/** PEP 3333 "environ Variables". */
export function buildEnviron(
  request: RequestFacts,
  { multiprocess = false, scriptName = '' }: HandlerOptions,
): Environ {
  const environ: Environ = {
    REQUEST_METHOD: request.method,
    ...pathVariables(request.target, scriptName),
    CONTENT_TYPE: '',
    CONTENT_LENGTH: '',
    SERVER_PROTOCOL: request.protocol,
    SERVER_SOFTWARE: `node/${process.versions.node}`,
    ...request.addresses,
    RAW_URI: request.target,
    REQUEST_URI: request.target,
    'wsgi.version': [1, 0],
    'wsgi.url_scheme': request.scheme,
    'wsgi.input': new BodyInputStream(() => pull(request)),
    'wsgi.errors': STANDARD_ERROR,
    'wsgi.multithread': true,
    'wsgi.multiprocess': multiprocess,
    'wsgi.run_once': false,
    'wsgi.input_terminated': true,
    'wsgi.file_wrapper': fileWrapper,
    'gateway.signal': () => request.signal,
  };
  for (const [name, value] of request.headers) addHeader(environ, cgiName(name), value);
  const authority = ABSOLUTE_FORM.exec(request.target)?.[1];
  if (authority !== undefined) environ['HTTP_HOST'] = authority;
  return environ;
}

/** Malformed chunks and a client that left: no fault of the application that reads on. */
async function pull(request: RequestFacts): Promise<Bytes | undefined> {
  try {
    return await request.pull();
  } catch {
    throw new ProtocolError(400, 'the body of the request was cut off');
  }
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

/** RFC 9110 §5.3: repeats are one list; RFC 6265 §5.4: but cookies are joined with `; `. */
function addHeader(environ: Environ, name: CgiName | undefined, value: string): void {
  if (name === undefined) return;
  const before = environ[name];
  if (before === undefined || before === '') environ[name] = value;
  else environ[name] = before + (name === 'HTTP_COOKIE' ? '; ' : ',') + value;
}

// absolute-form = absolute-URI, whose authority counts instead of the Host header (RFC 9112 §3.2.2)
const ABSOLUTE_FORM = /^https?:\/\/([^/?]*)/i;
