import { codeOf } from '@wsgi/wsgi/status';
import type { ResponseFields } from '@wsgi/wsgi/response-fields';
import {
  listHeaders,
  type Framing,
  type ResponseSink,
  type WholeFraming,
} from '@wsgi/wsgi/response-sink';
import type { Bytes, HeaderList } from '@wsgi/wsgi';

/** What was answered to one request. */
export interface RecordedResponse {
  /** The path that was asked for, with its query; after redirects, the last one. */
  readonly path: string;
  readonly status: number;
  readonly headers: Headers;
  /** Where a redirect leads. */
  readonly location: string | undefined;
  bytes(): Bytes;
  text(): string;
  json(): unknown;
}

/** The client's end of one request: keeps what it is sent. */
export class ResponseRecorder implements ResponseSink {
  readonly isClosed = false;
  readonly #path: string;
  #status = 0;
  #headers: HeaderList = [];
  #errors: unknown[] = [];
  readonly #pieces: Bytes[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  sendAll(status: string, fields: ResponseFields, framing: WholeFraming, body: Bytes): void {
    this.sendHead(status, fields, framing);
    this.write(body);
  }

  sendHead(status: string, fields: ResponseFields, framing: Framing): void {
    this.#status = codeOf(status);
    this.#headers = listHeaders(fields, framing);
  }

  write(piece: Bytes): void {
    this.#pieces.push(piece);
  }

  end(): void {}

  abort(): void {}

  logError(error: unknown): void {
    this.#errors.push(error);
  }

  whenClosed(): void {}

  /** @throws the first fault that the application did not make a response of. */
  response(): RecordedResponse {
    if (this.#errors.length > 0) throw this.#errors[0];
    const bytes = Buffer.concat(this.#pieces);
    const headers = new Headers(this.#headers);
    const isRedirect = [301, 302, 303, 307, 308].includes(this.#status);
    return {
      path: this.#path,
      status: this.#status,
      headers,
      location: (isRedirect && headers.get('Location')) || undefined,
      bytes: () => bytes,
      text: () => bytes.toString(),
      json: () => JSON.parse(bytes.toString()) as unknown,
    };
  }
}
