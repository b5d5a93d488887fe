import type { DestinationStream } from 'pino';
import type { ProtocolError } from '../../http/protocol-error.ts';
import { codeOf } from '../../http/status.ts';
import type { RequestLine } from '../protocols/http1/request-line.ts';
import type { Settings } from '../settings/catalogue.ts';
import type { PeerFacts } from '../worker/environ.ts';
import type { Exchange } from '../worker/exchange.ts';
import { answeredLine, refusedLine } from './access-line.ts';
import { LogStream } from './log-stream.ts';
import { terminalStream } from './log.ts';

const STDOUT = 1;
/** As nginx: the client went away before there was a response. */
const CLIENT_WENT_AWAY = 499;

/**
 * The access log, on standard output: JSON lines, or text where that is a terminal. Undefined where none
 * is wanted.
 *
 * @param sendResponses sends those that wait: none is in the log before it has left.
 */
export function openAccessLog(
  { accesslog }: Pick<Settings, 'accesslog'>,
  sendResponses: () => void,
): AccessLog | undefined {
  if (accesslog === 'none') return undefined;
  return new AccessLog(terminalStream(STDOUT) ?? new LogStream(STDOUT, sendResponses));
}

/** One line of JSON a request. */
export class AccessLog {
  readonly #stream: DestinationStream;

  constructor(stream: DestinationStream) {
    this.#stream = stream;
  }

  /** A request that was answered, or whose client went away before. */
  answered(exchange: Exchange, peer: PeerFacts): void {
    const status = exchange.status === '' ? CLIENT_WENT_AWAY : codeOf(exchange.status);
    this.#stream.write(answeredLine(exchange, peer, status));
  }

  /** A request that was refused; its first line is there where it could be understood. */
  refused(error: ProtocolError, peer: PeerFacts, line?: RequestLine): void {
    this.#stream.write(refusedLine(error, peer, line));
  }
}
