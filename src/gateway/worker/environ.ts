import { randomUUID } from 'node:crypto';
import { ProtocolError } from '../../http/protocol-error.ts';
import { fileWrapper } from '../../wsgi/file-wrapper.ts';
import { cgiName } from '../../wsgi/headers.ts';
import type { Environ, ErrorStream, InputStream, WorkerIdentity } from '../../wsgi/types.ts';
import type { Address } from '../settings/address.ts';
import type { Field, RequestHead } from '../protocols/http1/request-head.ts';

/** What stays the same for every request of a worker. */
export interface ServerFacts {
  readonly worker: WorkerIdentity;
  readonly isMultiprocess: boolean;
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
  readonly requestId: string;
  readonly input: InputStream;
  readonly errors: ErrorStream;
  readonly signal: AbortSignal;
  readonly isDraining: boolean;
}

/** PEP 3333 "environ Variables", of a request head. */
export function buildEnviron(
  head: RequestHead,
  server: ServerFacts,
  peer: PeerFacts,
  request: RequestFacts,
): Environ {
  const environ: Environ = {
    REQUEST_METHOD: head.method,
    SCRIPT_NAME: '',
    PATH_INFO: percentDecode(head.path),
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
    'wsgi.url_scheme': peer.isTrusted ? forwardedScheme(head.fields) : 'http',
    'wsgi.input': request.input,
    'wsgi.errors': request.errors,
    'wsgi.multithread': true,
    'wsgi.multiprocess': server.isMultiprocess,
    'wsgi.run_once': false,
    'wsgi.input_terminated': true,
    'wsgi.file_wrapper': fileWrapper,
    'gateway.request_id': request.requestId,
    // A getter: most applications never ask, and a signal is dear to make.
    get 'gateway.signal'() {
      return request.signal;
    },
    'gateway.draining': request.isDraining,
    'gateway.worker': server.worker,
  };
  if (peer.remotePort !== '') environ.REMOTE_PORT = peer.remotePort;
  addFields(environ, head);
  return environ;
}

/** The id that a trusted proxy gave the request, else a new one in nginx's form of 32 hex digits. */
export function requestIdOf(head: RequestHead, peer: PeerFacts): string {
  if (peer.isTrusted) {
    const given = head.fields.find(([name]) => name === 'x-request-id')?.[1];
    if (given !== undefined && REQUEST_ID.test(given)) return given;
  }
  return randomUUID().replaceAll('-', '');
}

const WSGI_VERSION = [1, 0] as const;
const REQUEST_ID = /^[\w.:+/=-]{1,128}$/;

/** Repeats are joined: RFC 9110 §5.2 with a comma, cookies with a semicolon (RFC 6265 §5.4). */
function addFields(environ: Environ, { fields, host }: RequestHead): void {
  for (const [name, value] of fields) {
    const key = environKey(name);
    if (key === undefined) continue;
    const earlier = environ[key];
    environ[key] = earlier ? `${earlier}${name === 'cookie' ? '; ' : ','}${value}` : value;
  }
  if (host !== '') environ['HTTP_HOST'] = host;
}

type FieldKey = `HTTP_${string}` | 'CONTENT_TYPE' | 'CONTENT_LENGTH';

const KEYS = new Map<string, FieldKey | undefined>();
const KEYS_MAX = 1024;

function environKey(name: string): FieldKey | undefined {
  const known = KEYS.get(name);
  if (known !== undefined) return known;
  const key = cgiName(name);
  if (KEYS.size < KEYS_MAX) KEYS.set(name, key);
  return key;
}

/** PATH_INFO holds the decoded bytes as latin1; what is no escape stays as it is. */
function percentDecode(path: string): string {
  if (!path.includes('%')) return path;
  return path.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** Gunicorn's `secure_scheme_headers`: each says https by exactly this value. */
const SECURE_SCHEME_HEADERS = new Map([
  ['x-forwarded-proto', 'https'],
  ['x-forwarded-protocol', 'ssl'],
  ['x-forwarded-ssl', 'on'],
]);

function forwardedScheme(fields: readonly Field[]): 'http' | 'https' {
  let scheme: 'http' | 'https' | undefined;
  for (const [name, value] of fields) {
    const secure = SECURE_SCHEME_HEADERS.get(name);
    if (secure === undefined) continue;
    const said = value === secure ? 'https' : 'http';
    if (scheme !== undefined && scheme !== said) {
      throw new ProtocolError(400, 'the proxy contradicts itself about the scheme');
    }
    scheme = said;
  }
  return scheme ?? 'http';
}

/** The server's side of the addresses above: the host and port that the listener was bound to. */
export function serverNameAndPort(address: Address): Pick<PeerFacts, 'serverName' | 'serverPort'> {
  return address.kind === 'unix'
    ? { serverName: address.path, serverPort: '0' }
    : { serverName: address.host, serverPort: String(address.port) };
}
