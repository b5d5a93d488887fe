import type { Environ, ErrorStream } from '../types.ts';

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
  /** start_response threw back the error it was given: the application has to stop. */
  mustStop = false;
  isIterated = false;
  isClosed = false;

  constructor(environ: Environ) {
    this.isHeadRequest = environ.REQUEST_METHOD === 'HEAD';
    this.errors = environ['wsgi.errors'];
  }
}
