import { RequestParser } from '../../src/protocols/http1/request-parser.ts';
import type { RequestHead, RequestLimits, RequestReader } from '../../src/protocols/protocol.ts';
import { ProtocolError } from '@wsgi/wsgi/status';

export interface ParsedRequest extends Omit<RequestHead, 'fields'> {
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Latin1. */
  readonly body: string;
  readonly isComplete: boolean;
}

export interface Refusal {
  readonly status: number;
  readonly message: string;
}

export interface Outcome {
  /** The last one may have come in part. */
  readonly requests: readonly ParsedRequest[];
  readonly end: 'idle' | 'incomplete' | Refusal;
}

/** The gateway's defaults. */
export const LIMITS: RequestLimits = {
  requestLineBytes: 4094,
  fieldCount: 100,
  fieldBytes: 8190,
  bodyBytes: Infinity,
};

/**
 * Feeds the pieces one by one, and takes out all that can be taken after each.
 *
 * @throws every error but a ProtocolError, which is an outcome.
 */
export function parseRequests(
  pieces: Iterable<Buffer>,
  limits: RequestLimits,
  afterPiece?: (parser: RequestReader) => void,
): Outcome {
  return readRequests(new RequestParser(limits), pieces, afterPiece);
}

/** The same with a reader of any protocol. */
export function readRequests(
  parser: RequestReader,
  pieces: Iterable<Buffer>,
  afterPiece?: (parser: RequestReader) => void,
): Outcome {
  const requests: Mutable<ParsedRequest>[] = [];
  try {
    for (const piece of pieces) {
      const lent = Buffer.from(piece);
      parser.feed(lent);
      takeRequests(parser, requests);
      parser.keepRest();
      lent.fill('!');
      afterPiece?.(parser);
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { requests, end: { status: error.status, message: error.message } };
  }
  return { requests, end: parser.isIdle ? 'idle' : 'incomplete' };
}

type Mutable<T> = { -readonly [key in keyof T]: T[key] };

function takeRequests(parser: RequestReader, requests: Mutable<ParsedRequest>[]): void {
  let request = requests.at(-1);
  for (;;) {
    if (request !== undefined) takeBody(parser, request);
    if (!parser.isBodyComplete) return;
    const head = parser.readHead();
    if (head === undefined) return;
    const fields = head.fields.map(({ name, value }) => [name, value] as const);
    request = { ...head, fields, body: '', isComplete: false };
    requests.push(request);
  }
}

function takeBody(parser: RequestReader, request: Mutable<ParsedRequest>): void {
  for (let piece = parser.readBody(); piece !== undefined; piece = parser.readBody()) {
    request.body += piece.toString('latin1');
  }
  request.isComplete = parser.isBodyComplete;
}
