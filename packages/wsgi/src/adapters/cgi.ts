import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { fieldFacts, type FieldFacts } from '../environ.ts';
import type { ResponseFields } from '../response-fields.ts';
import { listHeaders, type Framing, type ResponseSink } from '../response-sink.ts';
import type { Application, Awaitable, Bytes, Environ } from '../types.ts';
import { quote } from '../url.ts';
import { answerer, type HandlerOptions, type IncomingRequest } from './handler.ts';
import { whenAborted } from './output-stream.ts';

/** Meta-variables of CGI (RFC 3875 §4.1): strings that hold bytes, one code point ≤ U+00FF each. */
export type CgiVariables = Readonly<Record<string, string>>;

/** Where the body of a CGI request comes from, and where the response goes. */
export interface CgiStreams {
  readonly input: Readable;
  readonly output: Writable;
}

/**
 * Answers the one request that a CGI process is started for (RFC 3875). Resolves once the response is
 * out: to whether all of it is.
 */
export async function runCgi(
  application: Application,
  variables: CgiVariables,
  { input, output }: CgiStreams,
  options: Pick<HandlerOptions, 'onError'> = {},
): Promise<boolean> {
  const scriptName = (variables['SCRIPT_NAME'] ?? '').replace(/\/$/, '');
  const answer = answerer(application, { ...options, multiprocess: true, scriptName });
  const { sink, done } = answer(
    requestOf(variables, scriptName, input),
    (logError) => new CgiSink(output, logError),
  );
  await done;
  return sink.finish();
}

function requestOf(variables: CgiVariables, scriptName: string, input: Readable): IncomingRequest {
  const { PATH_INFO = '', QUERY_STRING = '', SERVER_NAME = '', SERVER_PORT = '' } = variables;
  // CGI has the path decoded, and no word for how it came.
  const target = `${quote(scriptName + PATH_INFO)}${QUERY_STRING === '' ? '' : `?${QUERY_STRING}`}`;
  return {
    method: variables['REQUEST_METHOD'] ?? 'GET',
    target,
    protocol: variables['SERVER_PROTOCOL'] ?? 'HTTP/1.0',
    fields: fieldsOf(variables),
    scheme: /^(?:on|1)$/i.test(variables['HTTPS'] ?? '') ? 'https' : 'http',
    serverName: SERVER_NAME || 'localhost',
    serverPort: SERVER_PORT || '80',
    remoteAddress: variables['REMOTE_ADDR'] ?? '',
    remotePort: variables['REMOTE_PORT'] ?? '',
    pull: piecesOf(input, lengthOf(variables)),
    variables: { ...othersOf(variables), 'wsgi.multithread': false, 'wsgi.run_once': true },
  };
}

/** `HTTP_X_REQUEST_ID` was a field of the client's, in whatever case. */
function fieldsOf(variables: CgiVariables): FieldFacts[] {
  return Object.entries(variables).flatMap(([key, value]) => {
    const name = key.replace(/^HTTP_/, '');
    const isContent = name === 'CONTENT_TYPE' || name === 'CONTENT_LENGTH';
    // Some servers tell these under both names.
    const isField = isContent ? key === name && value !== '' : key !== name;
    return isField ? fieldFacts(name.toLowerCase().replaceAll('_', '-'), value) : [];
  });
}

/** What else CGI tells (RFC 3875 §4.1), and the target where the server has it. */
function othersOf({ REQUEST_URI, ...variables }: CgiVariables): Partial<Environ> {
  const names = OTHER_VARIABLES.filter((name) => variables[name] !== undefined);
  const others = Object.fromEntries(names.map((name) => [name, variables[name]]));
  return { ...others, ...(REQUEST_URI === undefined ? {} : { RAW_URI: REQUEST_URI, REQUEST_URI }) };
}

const OTHER_VARIABLES = [
  'AUTH_TYPE',
  'GATEWAY_INTERFACE',
  'PATH_TRANSLATED',
  'REMOTE_HOST',
  'REMOTE_IDENT',
  'REMOTE_USER',
  'SERVER_SOFTWARE',
];

/** RFC 3875 §4.2: no more than CONTENT_LENGTH; a server that takes chunks off ends the input behind the last. */
function lengthOf({ CONTENT_LENGTH = '', HTTP_TRANSFER_ENCODING }: CgiVariables): number {
  if (CONTENT_LENGTH !== '') return Number(CONTENT_LENGTH);
  return HTTP_TRANSFER_ENCODING === undefined ? 0 : Infinity;
}

function piecesOf(input: Readable, length: number): () => Promise<Bytes | undefined> {
  let leftBytes = length;
  let pieces: AsyncIterator<Bytes> | undefined;
  return async () => {
    if (leftBytes === 0) return undefined;
    pieces ??= (input as AsyncIterable<Bytes>)[Symbol.asyncIterator]();
    const { done, value } = await pieces.next();
    if (done === true) {
      if (leftBytes === Infinity) return undefined;
      throw new Error('the input ended early');
    }
    const piece = value.subarray(0, leftBytes);
    leftBytes -= piece.length;
    return piece;
  };
}

/** RFC 3875 §6: the server makes a response of what comes, and adds what is missing. */
class CgiSink implements ResponseSink {
  readonly logError: (error: unknown) => void;
  readonly #output: Writable;
  readonly #closed = new AbortController();
  readonly signal: AbortSignal = this.#closed.signal;
  #isComplete = false;

  constructor(output: Writable, logError: (error: unknown) => void) {
    this.logError = logError;
    this.#output = output;
    // The server reads no more: the client went away.
    output.on('error', () => this.#closed.abort());
  }

  get isClosed(): boolean {
    return this.signal.aborted;
  }

  whenClosed(listener: () => void): void {
    whenAborted(this.signal, listener);
  }

  sendAll(status: string, fields: ResponseFields, framing: Framing, body: Bytes): void {
    this.sendHead(status, fields, framing);
    if (body.length > 0) void this.write(body);
    this.end();
  }

  sendHead(status: string, fields: ResponseFields, framing: Framing): void {
    const lines = listHeaders(fields, framing).map(([name, value]) => `${name}: ${value}\r\n`);
    this.#output.write(`Status: ${status}\r\n${lines.join('')}\r\n`, 'latin1');
  }

  /** A promise where the server is slow, or has to be. */
  write(piece: Bytes): Awaitable<void> {
    if (piece.length === 0 || this.#output.write(piece)) return undefined;
    return once(this.#output, 'drain', { signal: this.signal }).then(
      () => undefined,
      () => undefined,
    );
  }

  end(): void {
    this.#isComplete = true;
  }

  /** Only its exit status, or a length, tells the server. */
  abort(): void {
    this.#isComplete = false;
  }

  /** Once all is out: to whether it is complete. */
  async finish(): Promise<boolean> {
    await new Promise<void>((resolve) => {
      if (this.isClosed) resolve();
      else this.#output.write('', () => resolve());
    });
    return this.#isComplete && !this.isClosed;
  }
}
