import { inspect } from 'node:util';
import type { Environ, ErrorStream } from '../types.ts';

/** A server or an application broke PEP 3333. */
export class ContractError extends Error {
  override name = 'ContractError';
}

/** @throws {ContractError} with the rule, and the offender where it is one value, unless the rule is kept. */
export function requires(isKept: boolean, rule: string, ...offender: unknown[]): asserts isKept {
  if (!isKept)
    throw new ContractError([rule, ...offender.map((value) => inspect(value, SHOWN))].join(': '));
}

const SHOWN = { depth: 1, breakLength: Infinity, maxStringLength: 200 };

/** What the clauses know of one request: how far application and server have come. */
export class Exchange {
  readonly isHeadRequest: boolean;
  readonly errors: ErrorStream;
  wasStartCalled = false;
  /** Three digits, 0 before start_response was called and content. */
  code = 0;
  /** Of the Content-Length header; `undefined` without one. */
  contentLength: number | undefined;
  bodyBytes = 0;
  /** The server has had to send the headers. */
  isHeadSent = false;
  /** start_response threw back the error it was given: the application has to stop. */
  mustStop = false;
  isIterated = false;
  isClosed = false;

  constructor(environ: Environ) {
    this.isHeadRequest = environ.REQUEST_METHOD === 'HEAD';
    this.errors = environ['wsgi.errors'];
  }
}
