import { ProtocolError } from '../../http/protocol-error.ts';
import { uriHost } from '../../wsgi/url.ts';
import { fileWrapper } from '../../wsgi/streams.ts';
import type { CgiName } from '../../wsgi/headers.ts';
import { unquote } from '../../wsgi/url.ts';
import { setVariable, variable } from '../../wsgi/environ.ts';
import type { Environ, ErrorStream, InputStream, WorkerIdentity } from '../../wsgi/types.ts';
import type { Address } from '../settings/address.ts';
import type { Settings } from '../settings/catalogue.ts';
import type { Field } from '../protocols/http1/field-line.ts';
import type { RequestHead } from '../protocols/http1/request-head.ts';
import { requestIds } from './request-ids.ts';

/** What stays the same for every request of a worker. */
export interface EnvironFacts {
  readonly worker: WorkerIdentity;
  readonly isMultiprocess: boolean;
  /** Where the application is mounted. */
  readonly rootPath: string;
  /** The environ keys by which a trusted peer says https, and the value that says so. */
  readonly schemeKeys: readonly (readonly [key: `HTTP_${string}`, secureValue: string])[];
  /** Names with an underscore that a trusted peer may send, in lower case. */
  readonly forwarderHeaders: ReadonlySet<string>;
  readonly headerMap: Settings['headerMap'];
}

/** What stays the same for every request of a connection. */
export interface PeerFacts {
  readonly serverName: string;
  readonly serverPort: string;
  /** `''` for a unix socket. */
  readonly remoteAddress: string;
  readonly remotePort: string;
  /** The peer is a proxy whose word about the client counts. */
  readonly isTrusted: boolean;
}

/** What belongs to one request beside its head. */
export interface RequestFacts {
  readonly input: InputStream;
  readonly errors: ErrorStream;
  readonly signal: AbortSignal;
  readonly isDraining: boolean;
}

/** PEP 3333 "environ Variables", of a request head. */
export function buildEnviron(
  head: RequestHead,
  server: EnvironFacts,
  peer: PeerFacts,
  request: RequestFacts,
): Environ {
  const environ: Environ = {
    REQUEST_METHOD: head.method,
    SCRIPT_NAME: server.rootPath,
    PATH_INFO: withoutRoot(unquote(head.path), server.rootPath),
    QUERY_STRING: head.query,
    CONTENT_TYPE: '',
    CONTENT_LENGTH: '',
    SERVER_NAME: peer.serverName,
    SERVER_PORT: peer.serverPort,
    SERVER_PROTOCOL: head.protocol,
    SERVER_SOFTWARE: 'gateway',
    REMOTE_ADDR: peer.remoteAddress,
    RAW_URI: head.target,
    REQUEST_URI: head.target,
    'wsgi.version': WSGI_VERSION,
    'wsgi.url_scheme': 'http',
    'wsgi.input': request.input,
    'wsgi.errors': request.errors,
    'wsgi.multithread': true,
    'wsgi.multiprocess': server.isMultiprocess,
    'wsgi.run_once': false,
    'wsgi.input_terminated': true,
    'wsgi.file_wrapper': fileWrapper,
    'gateway.request_id': '',
    'gateway.signal': () => request.signal,
    'gateway.draining': request.isDraining,
    'gateway.worker': server.worker,
  };
  if (peer.remotePort !== '') environ.REMOTE_PORT = peer.remotePort;
  const hasUnderscores = addFields(environ, head);
  if (hasUnderscores) addUnderscored(environ, head, server, peer);
  setVariable(environ, 'gateway.request_id', requestIdOf(environ, peer));
  if (peer.isTrusted) setVariable(environ, 'wsgi.url_scheme', forwardedScheme(environ, server));
  return environ;
}

/** The id that a trusted proxy gave the request, else a new one. */
function requestIdOf(environ: Environ, { isTrusted }: PeerFacts): string {
  const given = isTrusted ? variable(environ, 'HTTP_X_REQUEST_ID') : undefined;
  return given !== undefined && REQUEST_ID.test(given) ? given : nextRequestId();
}

const nextRequestId = requestIds();
const WSGI_VERSION = [1, 0] as const;
const REQUEST_ID = /^[\w.:+/=-]{1,128}$/;

/** Gives whether there are names with an underscore, which are left out. */
function addFields(environ: Environ, { fields, host }: RequestHead): boolean {
  let hasUnderscores = false;
  let earlierBits = 0;
  for (const field of fields) {
    const { key, bit, value } = field;
    if (key === undefined) hasUnderscores = true;
    else if ((earlierBits & bit) === 0) setVariable(environ, key, value);
    else addField(environ, key, field);
    earlierBits |= bit;
  }
  if (host !== '') setVariable(environ, 'HTTP_HOST', host);
  return hasUnderscores;
}

/** Repeats are joined: RFC 9110 §5.2 with a comma, cookies with a semicolon (RFC 6265 §5.4). */
function addField(environ: Environ, key: FieldKey, { name, value }: Field): void {
  const earlier = variable(environ, key);
  const all = earlier ? `${earlier}${name === 'cookie' ? '; ' : ','}${value}` : value;
  setVariable(environ, key, all);
}

/** What a trusted proxy says of the mount point and the path takes the place of what is known here. */
function addUnderscored(
  environ: Environ,
  { fields, path }: RequestHead,
  server: EnvironFacts,
  peer: PeerFacts,
): void {
  let pathInfo: string | undefined;
  for (const field of fields) {
    if (field.key !== undefined) continue;
    const key = underscoreKey(field.name, server, peer);
    if (key === 'PATH_INFO') pathInfo = field.value;
    else if (key === 'SCRIPT_NAME') mount(environ, path, field.value);
    else if (key !== undefined) addField(environ, key, field);
  }
  if (pathInfo !== undefined) setVariable(environ, 'PATH_INFO', pathInfo);
}

function mount(environ: Environ, path: string, scriptName: string): void {
  setVariable(environ, 'SCRIPT_NAME', scriptName);
  setVariable(environ, 'PATH_INFO', withoutRoot(unquote(path), scriptName));
}

/** A name with an underscore would pass for the one with a hyphen, which a proxy may guard. */
function underscoreKey(
  name: string,
  { forwarderHeaders, headerMap }: EnvironFacts,
  { isTrusted }: PeerFacts,
): FieldKey | undefined {
  const isForwarded = isTrusted && forwarderHeaders.has(name);
  if (isForwarded && name === 'script_name') return 'SCRIPT_NAME';
  if (isForwarded && name === 'path_info') return 'PATH_INFO';
  if (isForwarded || headerMap === 'dangerous')
    return `HTTP_${name.toUpperCase().replaceAll('-', '_')}`;
  if (headerMap === 'drop') return undefined;
  throw new ProtocolError(400, 'field name with an underscore');
}

type FieldKey = CgiName | 'SCRIPT_NAME' | 'PATH_INFO';

/** The path below the root; a proxy may have taken the root away already. */
function withoutRoot(path: string, rootPath: string): string {
  if (rootPath === '' || !path.startsWith(rootPath)) return path;
  const rest = path.slice(rootPath.length);
  return rest === '' || rest.startsWith('/') ? rest : path;
}

/** Gunicorn's `secure_scheme_headers`: each says https by exactly its value, and none may disagree. */
function forwardedScheme(environ: Environ, { schemeKeys }: EnvironFacts): 'http' | 'https' {
  let scheme: 'http' | 'https' | undefined;
  for (const [key, secureValue] of schemeKeys) {
    const value = variable(environ, key);
    if (value === undefined) continue;
    const said = saidScheme(value, secureValue);
    if (said === undefined || (scheme !== undefined && scheme !== said)) {
      throw new ProtocolError(400, 'the proxy contradicts itself about the scheme');
    }
    scheme = said;
  }
  return scheme ?? 'http';
}

/** Nothing where it was sent several times, and not with the same meaning. */
function saidScheme(value: string, secureValue: string): 'http' | 'https' | undefined {
  if (value === secureValue) return 'https';
  if (!value.includes(',')) return 'http';
  const isSecure = value.split(',').map((one) => one.trim() === secureValue);
  if (isSecure.every(Boolean)) return 'https';
  return isSecure.includes(true) ? undefined : 'http';
}

/** The host and port that a listener was bound to. */
export function serverNameAndPort(address: Address): Pick<PeerFacts, 'serverName' | 'serverPort'> {
  if (address.kind === 'unix') return { serverName: address.path, serverPort: '0' };
  const { host, port } = address;
  // RFC 3875 §4.1.14
  return { serverName: uriHost(host), serverPort: String(port) };
}
