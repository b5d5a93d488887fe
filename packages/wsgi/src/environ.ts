import { cgiName, type CgiName } from './headers.ts';
import type {
  Body,
  Bytes,
  Environ,
  ErrorStream,
  FileLike,
  InputStream,
  WorkerIdentity,
} from './types.ts';
import { unquote } from './url.ts';

/** What stays the same for every request of a server. */
export interface ServerFacts {
  /** The name of the server, perhaps with `/` and its version. */
  readonly software: string;
  /** Where the application is mounted: `''` or `/prefix`. */
  readonly scriptName: string;
  /** Other processes serve the same application. */
  readonly isMultiprocess: boolean;
  /** The process that serves, where a gateway has several. */
  readonly worker?: WorkerIdentity;
}

/** What stays the same for every request of a connection. */
export interface ConnectionFacts {
  readonly scheme: 'http' | 'https';
  readonly serverName: string;
  readonly serverPort: string;
  /** `''` for a unix socket, and where it is not known. */
  readonly remoteAddress: string;
  /** `''` where there is none. */
  readonly remotePort: string;
}

/** The head of a request. Strings hold bytes, one code point ≤ U+00FF each. */
export interface HeadFacts extends TargetParts {
  readonly method: string;
  /** The request target as it came. */
  readonly target: string;
  readonly protocol: string;
  readonly fields: readonly FieldFacts[];
}

/** What a request target says (RFC 9112 §3.2). */
export interface TargetParts {
  /** Still percent-encoded; `''` where the target is `*`, the server as a whole. */
  readonly path: string;
  /** What follows `?`. */
  readonly query: string;
  /** What counts instead of the Host field; `''` where that alone counts. */
  readonly host: string;
}

/** What a server needs to know of a field, by its name. */
export interface FieldFacts {
  /** Its name as it came, in any case. */
  readonly sent: string;
  /** None for a name with a `_`: such a field is left out. */
  readonly key: CgiName | undefined;
  /** One of 32: keys whose bits differ are different. All of them (-1) where that is not known. */
  readonly bit: number;
  readonly value: string;
}

/** What belongs to one request beside its head. */
export interface ExchangeFacts {
  readonly input: InputStream;
  readonly errors: ErrorStream;
  /** Aborts when the client goes away. It is read only when the application asks for it. */
  readonly signal: AbortSignal;
  readonly isDraining?: boolean;
  /** Of a server that can. */
  closeConnection?(): void;
}

/** PEP 3333 "environ Variables", of a request to any server. */
export function buildEnviron(
  head: HeadFacts,
  server: ServerFacts,
  connection: ConnectionFacts,
  exchange: ExchangeFacts,
): Environ {
  const environ: Environ = {
    REQUEST_METHOD: head.method,
    SCRIPT_NAME: server.scriptName,
    PATH_INFO: belowMount(unquote(head.path), server.scriptName),
    QUERY_STRING: head.query,
    CONTENT_TYPE: '',
    CONTENT_LENGTH: '',
    SERVER_NAME: connection.serverName,
    SERVER_PORT: connection.serverPort,
    SERVER_PROTOCOL: head.protocol,
    SERVER_SOFTWARE: server.software,
    REMOTE_ADDR: connection.remoteAddress,
    RAW_URI: head.target,
    REQUEST_URI: head.target,
    'wsgi.version': WSGI_VERSION,
    'wsgi.url_scheme': connection.scheme,
    'wsgi.input': exchange.input,
    'wsgi.errors': exchange.errors,
    'wsgi.multithread': true,
    'wsgi.multiprocess': server.isMultiprocess,
    'wsgi.run_once': false,
    'wsgi.input_terminated': true,
    'wsgi.file_wrapper': fileWrapper,
    // The gateway's own variables are undefined on other servers. Added later, they would take more
    // memory for each request: V8 keeps such properties apart from the object.
    'gateway.request_id': undefined,
    'gateway.signal': () => exchange.signal,
    'gateway.field_lines': () => head.fields.map(({ sent, value }) => [sent, value]),
    'gateway.close_connection': exchange.closeConnection && (() => exchange.closeConnection?.()),
    'gateway.draining': exchange.isDraining,
    'gateway.worker': server.worker,
  };
  if (connection.remotePort !== '') environ.REMOTE_PORT = connection.remotePort;
  addFields(environ, head.fields);
  if (head.host !== '') setVariable(environ, 'HTTP_HOST', head.host);
  return environ;
}

const WSGI_VERSION = [1, 0] as const;

/** The path below the mount point; a proxy may have taken that away already. */
function belowMount(path: string, scriptName: string): string {
  if (scriptName === '' || !path.startsWith(scriptName)) return path;
  const rest = path.slice(scriptName.length);
  return rest === '' || rest.startsWith('/') ? rest : path;
}

function addFields(environ: Environ, fields: readonly FieldFacts[]): void {
  let earlierBits = 0;
  for (const { key, bit, value } of fields) {
    if (key === undefined) continue;
    if ((earlierBits & bit) === 0) setVariable(environ, key, value);
    else addField(environ, key, value);
    earlierBits |= bit;
  }
}

/** Repeats are joined: RFC 9110 §5.2 with a comma, cookies with a semicolon (RFC 6265 §5.4). */
function addField(environ: Environ, key: CgiName, value: string): void {
  setVariable(environ, key, joinField(key, variable(environ, key), value));
}

/**
 * The value of a field that may have come before.
 *
 * @param earlier what came before under the same name.
 */
export function joinField(key: CgiName, earlier: string | undefined, value: string): string {
  return earlier ? `${earlier}${key === 'HTTP_COOKIE' ? '; ' : ','}${value}` : value;
}

/** A field of which a server gives the name and the value alone. */
export function fieldFacts(name: string, value: string): FieldFacts {
  return { sent: name, key: cgiName(name), bit: ALL_BITS, value };
}

const ALL_BITS = -1;

/** The parts of a target in origin-form, in absolute-form, or `*` (RFC 9112 §3.2). */
export function splitTarget(target: string): TargetParts {
  const [prefix = '', host = ''] = ABSOLUTE_FORM.exec(target) ?? [];
  const mark = target.indexOf('?');
  const path = target.slice(prefix.length, mark < 0 ? undefined : mark);
  return {
    // RFC 9110 §4.2.3: `http://host` means `/`.
    path: path === '*' ? '' : path || '/',
    query: mark < 0 ? '' : target.slice(mark + 1),
    host,
  };
}

// absolute-form = absolute-URI, whose authority counts instead of the Host field (RFC 9112 §3.2.2)
const ABSOLUTE_FORM = /^https?:\/\/([^/?]*)/i;

/**
 * `environ[key]`. Each order of header fields gives environ another shape, and V8 compiles
 * `environ.PATH_INFO` anew for each: every client of another kind would cost a busy server
 * milliseconds. This place, which sees all keys, is compiled once, for all shapes.
 */
export function variable<Key extends keyof Environ>(environ: Environ, key: Key): Environ[Key] {
  return environ[key];
}

/** `environ[key] = value`, likewise. */
export function setVariable<Key extends keyof Environ>(
  environ: Environ,
  key: Key,
  value: Environ[Key],
): void {
  environ[key] = value;
}

const BLOCK_SIZE_BYTES = 64 * 1024;

/** PEP 3333 "Optional Platform-Specific File Handling": a file-like object as a body, block by block. */
export function fileWrapper(file: FileLike, blockSizeBytes: number = BLOCK_SIZE_BYTES): Body {
  return {
    [Symbol.asyncIterator]: () => blocks(file, blockSizeBytes),
    async close() {
      await file.close?.();
    },
  };
}

async function* blocks(file: FileLike, blockSizeBytes: number): AsyncGenerator<Bytes> {
  for (;;) {
    const block = await file.read(blockSizeBytes);
    if (block.length === 0) return;
    yield block;
  }
}

/** `wsgi.errors` of servers without a log of their own. */
export const STANDARD_ERROR: ErrorStream = {
  write: writeError,
  writelines(lines) {
    for (const line of lines) writeError(line);
  },
  flush() {},
};

/** A runtime without a standard error has a console, which ends each line itself. */
function writeError(text: string): void {
  const { process } = globalThis as Partial<typeof globalThis>;
  // oxlint-disable-next-line eslint/no-console
  if (process?.stderr === undefined) console.error(text.replace(/\n$/, ''));
  else process.stderr.write(text);
}
