import type { DestinationStream } from 'pino';
import type { ProtocolError } from '../../http/protocol-error.ts';
import { codeOf } from '../../http/status.ts';
import { NO_FIELDS } from '../../wsgi/response-fields.ts';
import type { RequestLine } from '../protocols/http1/request-line.ts';
import type { PeerFacts } from '../worker/environ.ts';
import type { Exchange } from '../worker/exchange.ts';
import { formatAccess, type LoggedRequest } from './access-format.ts';
import { answeredLine, refusedLine } from './access-line.ts';

/** As nginx: the client went away before there was a response. */
const CLIENT_WENT_AWAY = 499;

/** One line a request: a JSON object, or text in Gunicorn's format. */
export class AccessLog {
  readonly #format: string;
  readonly #stream: DestinationStream;

  /** @param format `'json'`, or Gunicorn's atoms. */
  constructor(format: string, stream: DestinationStream) {
    this.#format = format;
    this.#stream = stream;
  }

  /** A request that was answered, or whose client went away before. */
  answered(exchange: Exchange, peer: PeerFacts): void {
    const status = exchange.status === '' ? CLIENT_WENT_AWAY : codeOf(exchange.status);
    const { durationMs } = exchange;
    this.#stream.write(
      this.#format === 'json'
        ? answeredLine(exchange, peer, status)
        : `${formatAccess(this.#format, { exchange, peer, status, durationMs })}\n`,
    );
  }

  /** A request that was refused; its first line is there where it could be understood. */
  refused(error: ProtocolError, peer: PeerFacts, line?: RequestLine): void {
    this.#stream.write(
      this.#format === 'json'
        ? refusedLine(error, peer, line)
        : `${formatAccess(this.#format, unserved(error, peer, line))}\n`,
    );
  }
}

function unserved(
  error: ProtocolError,
  peer: PeerFacts,
  head: RequestLine | undefined,
): LoggedRequest {
  const exchange = {
    head,
    environ: {},
    responseFields: NO_FIELDS,
    sentBytes: 0,
    field: () => undefined,
  };
  return { exchange, peer, status: error.status, durationMs: 0 };
}
