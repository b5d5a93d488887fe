import type { ProtocolError } from '../../http/protocol-error.ts';
import type { PeerFacts } from '../worker/environ.ts';
import type { RequestHead } from '../protocols/http1/request-head.ts';
import type { Exchange } from '../worker/exchange.ts';
import type { Log } from './log.ts';

/** Writes the line of a request that was answered, or whose client went away before: status 499, as nginx. */
export function logAccess(log: Log | undefined, exchange: Exchange, peer: PeerFacts): void {
  if (log === undefined) return;
  const { head, status } = exchange;
  log.info({
    request_id: exchange.requestId,
    remote_addr: peer.remoteAddress,
    method: head.method,
    target: head.target,
    protocol: head.protocol,
    host: head.host,
    status: status === '' ? 499 : Number.parseInt(status, 10),
    bytes: exchange.sentBytes,
    duration_ms: Math.round((performance.now() - exchange.startedAtMs) * 1000) / 1000,
    referer: fieldOf(exchange, 'referer'),
    user_agent: fieldOf(exchange, 'user-agent'),
  });
}

/** Writes the line of a request that was refused; its head is there where it could be understood. */
export function logRefusal(
  log: Log | undefined,
  error: ProtocolError,
  peer: PeerFacts,
  head?: RequestHead,
): void {
  log?.info({
    remote_addr: peer.remoteAddress,
    method: head?.method,
    target: head?.target,
    status: error.status,
    reason: error.message,
  });
}

function fieldOf({ head }: Exchange, name: string): string | undefined {
  return head.fields.find(([fieldName]) => fieldName === name)?.[1];
}
