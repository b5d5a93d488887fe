import { codeOf } from '../../http/status.ts';
import type { ResponseFields } from '../../wsgi/response-fields.ts';
import {
  listHeaders,
  type Framing,
  type ResponseSink,
  type WholeFraming,
} from '../../wsgi/response-sink.ts';
import type { Awaitable, Bytes } from '../../wsgi/types.ts';

/** Makes a `Response` of the Fetch API, which the server around it frames and sends. */
export class FetchResponseSink implements ResponseSink {
  readonly logError: (error: unknown) => void;
  readonly #answered = Promise.withResolvers<Response>();
  readonly #closed = new AbortController();
  #body: ReadableStreamDefaultController<Bytes> | undefined;
  #onTaken: (() => void) | undefined;

  /** @param signal of the request. */
  constructor(signal: AbortSignal, logError: (error: unknown) => void) {
    this.logError = logError;
    if (signal.aborted) this.#leave(signal);
    else signal.addEventListener('abort', () => this.#leave(signal), { once: true });
  }

  /** Rejects where the client left before, and where the Fetch API has no such status. */
  get response(): Promise<Response> {
    return this.#answered.promise;
  }

  /** Aborts when the client goes away, or takes no more. */
  get signal(): AbortSignal {
    return this.#closed.signal;
  }

  get isClosed(): boolean {
    return this.signal.aborted;
  }

  whenClosed(listener: () => void): void {
    if (this.isClosed) listener();
    else this.signal.addEventListener('abort', listener, { once: true });
  }

  sendAll(status: string, fields: ResponseFields, framing: WholeFraming, body: Bytes): void {
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
    if (body === undefined || this.isClosed) return undefined;
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
