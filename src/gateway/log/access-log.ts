import type { Logger } from 'pino';
import type { ProtocolError } from '../../http/protocol-error.ts';
import type { RequestHead } from '../protocols/http1/request-head.ts';
import type { PeerFacts } from '../worker/environ.ts';
import type { Exchange } from '../worker/exchange.ts';
import { formatAccess } from './access-format.ts';

/** As nginx: the client went away before there was a response. */
const CLIENT_WENT_AWAY = 499;

/** One line a request: a JSON object, or text in Gunicorn's format. */
export class AccessLog {
  readonly #json: Logger;
  readonly #write: (line: string) => void;
  readonly #format: string;

  /** @param format `'json'`, or Gunicorn's atoms; then lines go to `write` instead. */
  constructor(json: Logger, format: string, write: (line: string) => void) {
    this.#json = json;
    this.#format = format;
    this.#write = write;
  }

  /** A request that was answered, or whose client went away before. */
  answered(exchange: Exchange, peer: PeerFacts): void {
    const status = exchange.status === '' ? CLIENT_WENT_AWAY : Number.parseInt(exchange.status, 10);
    const { durationMs } = exchange;
    if (this.#format !== 'json') {
      const request = { exchange, peer, status, durationMs };
      return this.#write(`${formatAccess(this.#format, request)}\n`);
    }
    const { head } = exchange;
    this.#json.info({
      request_id: exchange.requestId,
      remote_addr: peer.remoteAddress,
      method: head.method,
      target: head.target,
      protocol: head.protocol,
      host: head.host,
      status,
      bytes: exchange.sentBytes,
      duration_ms: Math.round(durationMs * 1000) / 1000,
      referer: exchange.field('referer'),
      user_agent: exchange.field('user-agent'),
    });
  }

  /** A request that was refused; its head is there where it could be understood. */
  refused(error: ProtocolError, peer: PeerFacts, head?: RequestHead): void {
    if (this.#format !== 'json') {
      return this.#write(`${peer.remoteAddress || '-'} ${error.status} ${error.message}\n`);
    }
    this.#json.info({
      remote_addr: peer.remoteAddress,
      method: head?.method,
      target: head?.target,
      status: error.status,
      reason: error.message,
    });
  }
}
