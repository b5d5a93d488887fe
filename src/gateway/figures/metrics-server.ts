import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError, messageOf } from '../errors.ts';
import type { Log } from '../log/log.ts';
import { formatAddress, type TcpAddress } from '../settings/addresses.ts';
import { PROMETHEUS_TYPE, prometheusText } from './prometheus.ts';
import type { Report } from './report.ts';

const PATIENCE_MS = 5000;
const CLIENTS_MAX = 16;

/**
 * Serves `/metrics`. By node:http, as nobody but monitoring speaks to this listener: the wire layer
 * for clients is the workers'.
 *
 * @throws {ConfigError} where the address cannot be bound.
 */
export async function serveMetrics(
  address: TcpAddress,
  log: Log,
  report: () => Report,
): Promise<void> {
  const server = createServer(
    { headersTimeout: PATIENCE_MS, requestTimeout: PATIENCE_MS, connectionsCheckingInterval: 1000 },
    (request, response) => respond(request, response, report),
  );
  server.maxConnections = CLIENTS_MAX;
  try {
    await once(server.listen(address.port, address.host), 'listening');
  } catch (cause) {
    throw new ConfigError(`No metrics at ${formatAddress(address)}: ${messageOf(cause)}.`, {
      cause,
    });
  }
  server.on('error', (error) => log.warn({ err: error }, 'metrics: cannot accept'));
  const { port } = server.address() as AddressInfo;
  log.info(`metrics at ${formatAddress({ ...address, port })}/metrics`);
}

/** Of a target in origin-form or in absolute-form (RFC 9112 §3.2). */
function pathOf(target: string | undefined): string | undefined {
  return URL.parse(target ?? '', 'http://any')?.pathname;
}

function respond(request: IncomingMessage, response: ServerResponse, report: () => Report): void {
  request.resume();
  if (pathOf(request.url) !== '/metrics') {
    response.writeHead(404, { 'Content-Type': 'text/plain' }).end('The figures are at /metrics.\n');
  } else if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { Allow: 'GET, HEAD' }).end();
  } else {
    response.writeHead(200, { 'Content-Type': PROMETHEUS_TYPE }).end(prometheusText(report()));
  }
}
