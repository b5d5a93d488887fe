import type { HeadFacts } from '@wsgi/wsgi/environ';
import type { Framing } from '@wsgi/wsgi/response-sink';
import type { ResponseFields } from '@wsgi/wsgi/response-fields';
import type { ProtocolError } from '@wsgi/wsgi/status';
import type { Bytes } from '@wsgi/wsgi';
import type { Field } from './http1/fields.ts';

/** What requests come by. It knows no socket: bytes go in, bytes come out. */
export interface Protocol {
  /** Who speaks it tells of clients in each request, and has to be trusted to. */
  readonly isForProxies: boolean;
  open(limits: RequestLimits, line: ProtocolLine): Conversation;
}

/** What a protocol asks of its connection beside the reading of requests and the writing of responses. */
export interface ProtocolLine {
  /** Sends what is no part of a response. */
  reply(parts: Parts): void;
  /** Whoever waited for the response waits no longer. */
  hangUp(): void;
}

/** A protocol on one connection. */
export interface Conversation {
  readonly reader: RequestReader;
  /** For a client that waits before it sends a body; `''` where none does. */
  readonly interim: string;
  /**
   * No response says that the connection closes: the peer has to find that with it, or sends one request more. A worker
   * that finishes gives it to another one, if one goes on.
   */
  readonly isEndUntold: boolean;
  /** For the response to the request that was read last. */
  encoderFor(head: RequestHead): ResponseEncoder;
  /** The answer to what cannot be served. */
  encodeRefusal(error: ProtocolError, line: RequestLine | undefined, date: string): string;
  /** The answer that there is too much to do: as short as can be. */
  encodeOverload(head: RequestHead, isLast: boolean, date: string): string;
}

/** Parts of a message, in their order. Text is latin1. */
export type Parts = readonly (string | Bytes)[];

export interface HeadLimits {
  readonly requestLineBytes: number;
  readonly fieldCount: number;
  readonly fieldBytes: number;
}

export interface RequestLimits extends HeadLimits {
  /** Infinity for no limit. */
  readonly bodyBytes: number;
}

/** How a request begins, as the log tells of it. */
export interface RequestLine {
  readonly method: string;
  /** The request target as it came. */
  readonly target: string;
}

export interface RequestHead extends RequestLine, HeadFacts {
  /** The target can stand in quotes as it is: it has no quote and no backslash. */
  readonly isTargetPlain: boolean;
  readonly fields: readonly Field[];
  /** The client keeps the connection open for another request. */
  readonly isPersistent: boolean;
  /** The client waits for an interim response before it sends the body. */
  readonly expectsContinue: boolean;
  /** What a proxy tells apart from the request itself, in protocols for proxies. */
  readonly front: FrontFacts | undefined;
}

/** What a proxy tells of itself and of its client. */
export interface FrontFacts {
  /** Where it has mounted the application, if it says so. */
  readonly scriptName: string | undefined;
  readonly scheme: 'http' | 'https';
  readonly serverName: string;
  readonly serverPort: string;
  /** Undefined where it does not say; `''` for a client on a unix socket. */
  readonly remoteAddress: string | undefined;
  readonly remotePort: string;
  /** `''` where it gave the request none. */
  readonly requestId: string;
  /** What else it tells, for the application. */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Requests out of bytes: bytes go in with `feed`, and `readHead` and `readBody` take out what is complete,
 * one request after the other.
 */
export interface RequestReader {
  /** Takes bytes, which are the feeder's again after `keepRest`. */
  feed(bytes: Buffer): void;
  /** Copies what is left of the bytes that were fed. */
  keepRest(): void;
  /** Bytes fed and not yet taken out. */
  readonly bufferedBytes: number;
  /** Between two requests, and nothing of the next one is here. */
  readonly isIdle: boolean;
  /** Of the head that is being read, or was refused, once it is known. */
  readonly requestLine: RequestLine | undefined;
  readonly isBodyComplete: boolean;
  /**
   * The next request's head, or undefined while it is incomplete. Its body comes next.
   *
   * @throws {ProtocolError}
   */
  readHead(): RequestHead | undefined;
  /**
   * The next piece of the body; undefined where none is here, because more
   * bytes are needed or because `isBodyComplete`.
   *
   * @throws {ProtocolError}
   */
  readBody(): Buffer | undefined;
}

/** The response to one request, as bytes. */
export interface ResponseEncoder {
  /** The end of the connection is the end of the body. */
  readonly isUntilClose: boolean;
  /**
   * Takes the head, which goes with the first piece, so that both leave in one packet.
   *
   * @param isLast the connection closes after this response.
   * @param date the current one, as an IMF-fixdate (RFC 9110 §5.6.7).
   */
  begin(
    status: string,
    fields: ResponseFields,
    framing: Framing,
    isLast: boolean,
    date: string,
  ): void;
  /** The whole body, where it is one piece of known length. */
  encodeWhole(body: Bytes): Parts;
  /** One piece of the body; an empty one sends the head alone. */
  encodePiece(piece: Bytes): Parts;
  /** What tells that the body is complete; `''` where nothing has to. */
  encodeEnd(): string;
}
