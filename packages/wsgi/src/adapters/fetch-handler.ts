import { fieldFacts, type FieldFacts } from '../environ.ts';
import type { ResponseFields } from '../response-fields.ts';
import { listHeaders, type Framing, type ResponseSink } from '../response-sink.ts';
import { codeOf } from '../status.ts';
import type { Application, Awaitable, Bytes } from '../types.ts';
import { withoutMapping } from '../url.ts';
import { answerer, type HandlerOptions } from './handler.ts';
import { whenAborted } from './output-stream.ts';

/** What the Fetch API does not tell of a request; the server around it may. */
export interface RequestContext {
  /** Who sent it. */
  readonly remoteAddress?: string | undefined;
  /** Keeps a runtime that stops what is left of a request, as Cloudflare's does, until the body is closed. */
  readonly waitUntil?: (done: Promise<unknown>) => void;
}

/**
 * An application as what answers the Fetch API's requests: `Deno.serve(fetchHandler(application))`.
 *
 * @throws where `scriptName` is not the path of a mount point.
 */
export function fetchHandler(
  application: Application,
  options: HandlerOptions = {},
): (request: Request, context?: RequestContext) => Promise<Response> {
  const answer = answerer(application, options);
  return (request, { remoteAddress = '', waitUntil } = {}) => {
    const { protocol, host, hostname, port, pathname, search } = new URL(request.url, WITHOUT_HOST);
    const isSecure = protocol === 'https:';
    const reader = request.body?.getReader();
    const { sink, done } = answer(
      {
        method: request.method,
        target: pathname + search,
        protocol: 'HTTP/1.1',
        fields: fieldsOf(request, host),
        scheme: isSecure ? 'https' : 'http',
        serverName: hostname,
        serverPort: port || (isSecure ? '443' : '80'),
        remoteAddress: withoutMapping(remoteAddress),
        remotePort: '',
        pull: async () => (await reader?.read())?.value,
      },
      (logError) => new FetchResponseSink(request.signal, logError),
    );
    if (done !== undefined) waitUntil?.(done);
    return sink.response;
  };
}

/** Of HTTP/1.0 without a Host, Bun has the path alone. */
const WITHOUT_HOST = 'http://localhost';

/** With those that a server may keep to itself. */
function fieldsOf({ headers, body }: Request, host: string): FieldFacts[] {
  const fields = Array.from(headers, ([name, value]) => fieldFacts(name, bytesOf(value)));
  if (!headers.has('host')) fields.push(fieldFacts('host', host));
  const isFramed = headers.has('content-length') || headers.has('transfer-encoding');
  if (body !== null && !isFramed) fields.push(fieldFacts('transfer-encoding', 'chunked'));
  return fields;
}

/** Cloudflare's runtime reads UTF-8 where the Fetch Standard has bytes. */
function bytesOf(value: string): string {
  if (!/[^\0-\xff]/.test(value)) return value;
  return String.fromCharCode(...new TextEncoder().encode(value));
}

/** Makes a `Response` of the Fetch API, which the server around it frames and sends. */
class FetchResponseSink implements ResponseSink {
  readonly logError: (error: unknown) => void;
  readonly #answered = Promise.withResolvers<Response>();
  readonly #closed = new AbortController();
  /** Rejects where the client left before, and where the Fetch API has no such status. */
  readonly response: Promise<Response> = this.#answered.promise;
  /** Aborts when the client goes away, or takes no more. */
  readonly signal: AbortSignal = this.#closed.signal;
  #body: ReadableStreamDefaultController<Bytes> | undefined;
  #onTaken: (() => void) | undefined;

  /** @param signal of the request. */
  constructor(signal: AbortSignal, logError: (error: unknown) => void) {
    this.logError = logError;
    if (signal.aborted) this.#leave(signal);
    else signal.addEventListener('abort', () => this.#leave(signal), { once: true });
  }

  get isClosed(): boolean {
    return this.signal.aborted;
  }

  whenClosed(listener: () => void): void {
    whenAborted(this.signal, listener);
  }

  sendAll(status: string, fields: ResponseFields, framing: Framing, body: Bytes): void {
    this.#answer(status, fields, framing, body.length > 0 ? body : null);
  }

  sendHead(status: string, fields: ResponseFields, framing: Framing): void {
    const body = new ReadableStream<Bytes>({
      start: (controller) => {
        this.#body = controller;
      },
      pull: () => this.#onTaken?.(),
      cancel: () => this.#close(),
    });
    this.#answer(status, fields, framing, body);
  }

  write(piece: Bytes): Awaitable<void> {
    const body = this.#body;
    if (body === undefined || this.isClosed || piece.length === 0) return undefined;
    body.enqueue(piece);
    return (body.desiredSize ?? 0) > 0 ? undefined : this.#taken();
  }

  end(): void {
    if (!this.isClosed) this.#body?.close();
  }

  abort(): void {
    this.#body?.error(new Error('the body of the response is incomplete'));
  }

  #answer(
    status: string,
    fields: ResponseFields,
    framing: Framing,
    body: Bytes | ReadableStream<Bytes> | null,
  ): void {
    try {
      this.#answered.resolve(
        new Response(body, {
          status: codeOf(status),
          statusText: status.slice(4),
          headers: listHeaders(fields, framing),
        }),
      );
    } catch (error) {
      this.#answered.reject(error);
    }
  }

  #taken(): Promise<void> {
    return new Promise((resolve) => {
      this.#onTaken = resolve;
    });
  }

  #leave({ reason }: AbortSignal): void {
    this.#close();
    this.#answered.reject(reason);
  }

  #close(): void {
    this.#closed.abort();
    this.#onTaken?.();
  }
}
