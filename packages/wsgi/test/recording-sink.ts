import { listFields, type ResponseFields } from '../src/response-fields.ts';
import type { Framing, ResponseSink } from '../src/response-sink.ts';
import type { Awaitable, Bytes } from '../src/types.ts';

/** A client without a socket: it notes what it gets, and can be slow, or leave. */
export class RecordingSink implements ResponseSink {
  isClosed = false;
  /** What a slow client makes `write` wait for. */
  drained: Awaitable<void> = undefined;
  readonly calls: string[] = [];
  readonly errors: unknown[] = [];
  #listeners: (() => void)[] = [];

  sendAll(status: string, fields: ResponseFields, framing: Framing, body: Bytes): void {
    this.calls.push(`all ${status} ${names(fields)} ${framing} '${text(body)}'`);
  }

  sendHead(status: string, fields: ResponseFields, framing: Framing): void {
    this.calls.push(`head ${status} ${names(fields)} ${framing}`);
  }

  write(piece: Bytes): Awaitable<void> {
    this.calls.push(`write '${text(piece)}'`);
    return this.drained;
  }

  end(): void {
    this.calls.push('end');
  }

  abort(): void {
    this.calls.push('abort');
  }

  logError(error: unknown): void {
    this.errors.push(error);
  }

  whenClosed(listener: () => void): void {
    this.#listeners.push(listener);
  }

  leave(): void {
    this.isClosed = true;
    for (const listener of this.#listeners) listener();
  }

  get messages(): string[] {
    return this.errors.map((error) => (error instanceof Error ? error.message : String(error)));
  }
}

function names(fields: ResponseFields): string {
  return `[${listFields(fields)
    .map(([name]) => name)
    .join(' ')}]`;
}

function text(bytes: Bytes): string {
  return Buffer.from(bytes).toString('latin1');
}
