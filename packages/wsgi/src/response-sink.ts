import { listFields, type ResponseFields } from './response-fields.ts';
import type { Awaitable, Bytes, HeaderList } from './types.ts';

/** What a server does with a response. It is told one of `sendAll` and `sendHead`, once. */
export interface ResponseSink {
  /** The client went away or the connection was cut: nothing more will arrive. */
  readonly isClosed: boolean;
  /** Calls back when the client goes away, at once where it has. A call after the response is harmless. */
  whenClosed(listener: () => void): void;
  /** The whole response. The fields are the application's own, checked. */
  sendAll(status: string, fields: ResponseFields, framing: WholeFraming, body: Bytes): void;
  /** The head of a response whose body follows in pieces. */
  sendHead(status: string, fields: ResponseFields, framing: Framing): void;
  /** One piece; an empty one, the first, sends the head alone. A promise where the client is slow: it resolves once more can be taken, or never will be. */
  write(piece: Bytes): Awaitable<void>;
  /** The body after `sendHead` is complete. */
  end(): void;
  /** The body after `sendHead` stays incomplete, and the client must see that it does. */
  abort(): void;
  /** A fault of the application, for the log. */
  logError(error: unknown): void;
}

/**
 * What the server adds so that the client finds the end of the body: a Content-Length of that number;
 * nothing, as the headers say it or no body can follow; or, as nobody knows the length, the chunked
 * coding (HTTP/1.0: the end of the connection).
 */
export type Framing = number | 'as-is' | 'until-end';

/** Of a whole response, whose length is known. */
export type WholeFraming = Exclude<Framing, 'until-end'>;

/** The headers one by one, with the length where the server adds it. */
export function listHeaders(fields: ResponseFields, framing: Framing): HeaderList {
  const headers = listFields(fields);
  if (typeof framing === 'number') headers.push(['Content-Length', String(framing)]);
  return headers;
}
