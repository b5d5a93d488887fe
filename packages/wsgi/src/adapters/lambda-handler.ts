import { isUtf8 } from 'node:buffer';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { fieldFacts, type FieldFacts } from '../environ.ts';
import type { ResponseFields } from '../response-fields.ts';
import { listHeaders, type Framing, type ResponseSink } from '../response-sink.ts';
import { codeOf } from '../status.ts';
import type { Application, Awaitable, Bytes } from '../types.ts';
import { quote } from '../url.ts';
import { answerer, type HandlerOptions, type IncomingRequest } from './handler.ts';
import { abortedWith, drained, whenAborted } from './output-stream.ts';

/** What function URLs and API Gateway's HTTP APIs send: payload format 2.0. */
export interface LambdaEvent {
  readonly version: string;
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly cookies?: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly requestContext: {
    readonly domainName: string;
    readonly http: {
      readonly method: string;
      readonly protocol: string;
      readonly sourceIp: string;
    };
  };
  readonly body?: string;
  readonly isBase64Encoded: boolean;
}

interface LambdaHead {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
}

/** What they take. */
export interface LambdaResult extends LambdaHead {
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

/**
 * An application as a function of AWS Lambda: `export const handler = lambdaHandler(application)`. The
 * response is sent once it is whole.
 *
 * @throws where `scriptName` is not the path of a mount point.
 */
export function lambdaHandler(
  application: Application,
  options: HandlerOptions = {},
): (event: LambdaEvent) => Promise<LambdaResult> {
  const answer = answerer(application, { multiprocess: true, ...options });
  return async (event) => {
    const whole = new WholeResponse();
    const open = (head: LambdaHead): Output => whole.open(head);
    // Behind the result, Lambda stops the process where it is.
    await answer(requestOf(event), (logError) => new LambdaSink(logError, whole.signal, open)).done;
    return whole.result();
  };
}

/** What Lambda's runtime for Node has as the global `awslambda`. */
interface LambdaRuntime {
  streamifyResponse<Handler extends LambdaStreamHandler>(handler: Handler): Handler;
  readonly HttpResponseStream: { from(stream: Writable, head: LambdaHead): Writable };
}

/** What AWS calls where a function streams its responses. */
export type LambdaStreamHandler = (event: LambdaEvent, stream: Writable) => Promise<void>;

/**
 * The same for a function whose invoke mode is RESPONSE_STREAM: pieces are sent as they are made. To be
 * called in Lambda's own runtime.
 */
export function lambdaStreamHandler(
  application: Application,
  options: HandlerOptions = {},
): LambdaStreamHandler {
  const { awslambda: runtime } = globalThis as unknown as { readonly awslambda: LambdaRuntime };
  const answer = answerer(application, { multiprocess: true, ...options });
  return runtime.streamifyResponse(async (event, stream) => {
    // It is told of by its close.
    stream.on('error', () => undefined);
    const signal = abortedWith(stream);
    const open = (head: LambdaHead): Output =>
      streamOutput(runtime.HttpResponseStream.from(stream, head));
    await answer(requestOf(event), (logError) => new LambdaSink(logError, signal, open)).done;
    await finished(stream);
  });
}

function requestOf(event: LambdaEvent): IncomingRequest {
  const { version, rawPath, rawQueryString, requestContext, headers } = event;
  if (version !== '2.0') throw new Error(`expected an event of payload format 2.0, not ${version}`);
  const { method, protocol, sourceIp } = requestContext.http;
  const isPlain = headers['x-forwarded-proto'] === 'http';
  const pieces = [Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8')];
  return {
    method,
    target: encoded(rawPath) + (rawQueryString === '' ? '' : `?${encoded(rawQueryString)}`),
    protocol,
    fields: fieldsOf(event),
    scheme: isPlain ? 'http' : 'https',
    serverName: requestContext.domainName,
    serverPort: headers['x-forwarded-port'] ?? (isPlain ? '80' : '443'),
    remoteAddress: sourceIp,
    remotePort: '',
    pull: () => pieces.shift(),
    // A process has one request at a time.
    variables: { 'wsgi.multithread': false },
  };
}

/** Cookies come apart from the other fields, and the length of the body may not come at all. */
function fieldsOf({ headers, cookies = [], body = '' }: LambdaEvent): FieldFacts[] {
  const fields = Object.entries(headers).map(([name, value]) => fieldFacts(name, bytesOf(value)));
  if (cookies.length > 0 && headers['cookie'] === undefined) {
    fields.push(fieldFacts('cookie', bytesOf(cookies.join('; '))));
  }
  if (body !== '' && headers['content-length'] === undefined) {
    fields.push(fieldFacts('transfer-encoding', 'chunked'));
  }
  return fields;
}

/** JSON has text where HTTP has bytes. */
function bytesOf(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** API Gateway decodes some of it. */
function encoded(target: string): string {
  return target.replace(/[^\x21-\x7e]+/g, (part) => quote(bytesOf(part)));
}

function headOf(status: string, fields: ResponseFields, framing: Framing): LambdaHead {
  const headers: Record<string, string> = {};
  const cookies: string[] = [];
  for (const [name, value] of listHeaders(fields, framing)) {
    const lower = name.toLowerCase();
    if (lower === 'set-cookie') cookies.push(value);
    else headers[lower] = lower in headers ? `${headers[lower]}, ${value}` : value;
  }
  return { statusCode: codeOf(status), headers, cookies };
}

/** Where the body of a response goes once its head is known. */
interface Output {
  write(piece: Bytes): Awaitable<void>;
  end(): void;
  abort(): void;
}

class LambdaSink implements ResponseSink {
  readonly logError: (error: unknown) => void;
  readonly signal: AbortSignal;
  readonly #open: (head: LambdaHead) => Output;
  #output: Output | undefined;

  /** @param signal aborts where nothing more can be sent; Lambda does not tell that a client went away. */
  constructor(
    logError: (error: unknown) => void,
    signal: AbortSignal,
    open: (head: LambdaHead) => Output,
  ) {
    this.logError = logError;
    this.signal = signal;
    this.#open = open;
  }

  get isClosed(): boolean {
    return this.signal.aborted;
  }

  whenClosed(listener: () => void): void {
    whenAborted(this.signal, listener);
  }

  sendAll(status: string, fields: ResponseFields, framing: Framing, body: Bytes): void {
    this.sendHead(status, fields, framing);
    // Also an empty one: Lambda's runtime sends the head with the first piece.
    void this.write(body);
    this.end();
  }

  sendHead(status: string, fields: ResponseFields, framing: Framing): void {
    this.#output = this.#open(headOf(status, fields, framing));
  }

  write(piece: Bytes): Awaitable<void> {
    return this.#output?.write(piece);
  }

  end(): void {
    this.#output?.end();
  }

  abort(): void {
    this.#output?.abort();
  }
}

const INCOMPLETE = 'the body of the response is incomplete';

/** What Lambda takes of a function that does not stream (its quota for synchronous invocations). */
const LIMIT_BYTES = 6 * 1024 * 1024;

/** Keeps a response until it is complete. */
class WholeResponse implements Output {
  readonly #closed = new AbortController();
  /** Aborts where there is more than Lambda takes. */
  readonly signal: AbortSignal = this.#closed.signal;
  #head: LambdaHead | undefined;
  #isComplete = false;
  #leftBytes = LIMIT_BYTES;
  readonly #pieces: Bytes[] = [];

  open(head: LambdaHead): this {
    this.#head = head;
    return this;
  }

  write(piece: Bytes): void {
    this.#pieces.push(piece);
    this.#leftBytes -= piece.length;
    if (this.#leftBytes < 0) this.#closed.abort();
  }

  end(): void {
    this.#isComplete = true;
  }

  abort(): void {
    this.#isComplete = false;
  }

  /** @throws where the response was cut, or is too long. */
  result(): LambdaResult {
    if (this.signal.aborted) throw new Error('the response is longer than 6 MB: stream it');
    if (this.#head === undefined || !this.#isComplete) throw new Error(INCOMPLETE);
    const bytes = Buffer.concat(this.#pieces);
    const isBase64Encoded = !isUtf8(bytes);
    const body = bytes.toString(isBase64Encoded ? 'base64' : 'utf8');
    return { ...this.#head, body, isBase64Encoded };
  }
}

function streamOutput(stream: Writable): Output {
  return {
    write(piece) {
      const isTaken = stream.write(piece);
      return isTaken || stream.destroyed ? undefined : drained(stream);
    },
    end: () => void stream.end(),
    abort: () => void stream.destroy(new Error(INCOMPLETE)),
  };
}
