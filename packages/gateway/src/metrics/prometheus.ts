import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { bindTcp } from '../arbiter/listener.ts';
import { cannotListen } from '../errors.ts';
import type { Log } from '../log/log.ts';
import { formatAddress, type TcpAddress } from '../settings/addresses.ts';
import { escapeLabel, type MetricFamily } from './project-metrics.ts';
import { sumOf, type Report, type Total, type WorkerReport } from './report.ts';

const PATIENCE_MS = 5000;
const OPTIONS = {
  headersTimeout: PATIENCE_MS,
  requestTimeout: PATIENCE_MS,
  connectionsCheckingInterval: 1000,
};
const CLIENTS_MAX = 16;
const STATES: readonly WorkerReport['state'][] = ['starting', 'ready', 'draining', 'blocked'];
const TEXT_FORMAT = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Serves `/metrics`, where there is an address for it, until the function is called that it gives. By
 * node:http, as nobody but monitoring speaks to this listener: the wire layer for clients is the workers'.
 *
 * @throws {ConfigError} where the address cannot be bound.
 */
export async function serveMetrics(
  address: TcpAddress | undefined,
  log: Log,
  report: () => Report,
): Promise<() => void> {
  if (address === undefined) return () => undefined;
  // Imported where it is wanted: it takes 20 MB.
  const { createServer } = await import('node:http');
  const servers: Server[] = [];
  for (const { socket, address: place } of await bindTcp(address, log)) {
    const server = createServer(OPTIONS, (request, response) => respond(request, response, report));
    server.maxConnections = CLIENTS_MAX;
    await once(server.listen(socket), 'listening').catch((error: Error) => {
      throw cannotListen(formatAddress(place), error);
    });
    server.on('error', (error) => log.warn({ err: error }, 'metrics: cannot accept'));
    log.info(`metrics at ${formatAddress(place)}/metrics`);
    servers.push(server);
  }
  return () => {
    for (const server of servers) server.close().closeAllConnections();
  };
}

function respond(request: IncomingMessage, response: ServerResponse, report: () => Report): void {
  request.resume();
  // Of a target in origin-form or in absolute-form (RFC 9112 §3.2).
  if (URL.parse(request.url ?? '', 'http://any')?.pathname !== '/metrics') {
    response.writeHead(404, { 'Content-Type': 'text/plain' }).end('The metrics are at /metrics.\n');
  } else if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { Allow: 'GET, HEAD' }).end();
  } else {
    response.writeHead(200, { 'Content-Type': TEXT_FORMAT }).end(prometheusText(report()));
  }
}

type Metric = readonly [name: string, help: string, value: number | readonly Sample[]];

/** The ending of the metric's name, where its samples differ in that, comes last. */
type Sample = readonly [labels: Labels, value: number, ending?: string];
type Labels = Readonly<Record<string, string | number>>;

/**
 * A report in Prometheus' text format. Nothing is told by worker: each that takes the place of another
 * would be one more series, for good.
 */
export function prometheusText(report: Report): string {
  const own = [...metricsSinceStart(report), ...metricsNow(report)].map(format);
  return [...own, ...report.project.map(formatFamily)].join('');
}

function formatFamily({ name, help, type, samples }: MetricFamily): string {
  const oneLine = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  const lines = samples.map(([series, value]) => `${series} ${value}\n`);
  return `# HELP ${name} ${oneLine}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function metricsSinceStart({ total, restarts, ...report }: Report): Metric[] {
  const { version, applicationName: application, uptimeSeconds } = report;
  return [
    ['gateway_info', 'What runs, in the labels.', [[{ version, application }, 1]]],
    ['gateway_uptime_seconds', 'Since the arbiter started.', uptimeSeconds],
    [
      'gateway_requests_total',
      'Answers by class of status, those to refused requests too.',
      by('status', total.answers),
    ],
    [
      'gateway_request_duration_seconds',
      'From the head of a request to the end of its response, without refused requests.',
      histogram(total.requestSeconds),
    ],
    ['gateway_response_bytes_total', 'Bytes of bodies sent.', total.sentBytes],
    ['gateway_worker_restarts_total', 'Workers replaced, by reason.', by('reason', restarts)],
  ];
}

/** As of the workers' last heartbeats, at most about a second ago. */
function metricsNow({ workers, workersWanted, recent }: Report): Metric[] {
  const busy = workers.filter(({ requestsInFlight }) => requestsInFlight > 0);
  const states = STATES.map((state): Sample => {
    return [{ state }, workers.filter((worker) => worker.state === state).length];
  });
  return [
    ['gateway_workers_wanted', 'Workers there should be.', workersWanted],
    ['gateway_workers', 'Workers by state.', states],
    ['gateway_busy_workers', 'Workers with a request in flight.', busy.length],
    [
      'gateway_requests_in_flight',
      'Requests that the workers are at.',
      sumOf(workers, 'requestsInFlight'),
    ],
    ['gateway_connections', 'Open connections.', sumOf(workers, 'connections')],
    [
      'gateway_event_loop_delay_seconds',
      "The longest turn of a worker's event loop in the last seconds.",
      recent.loopDelayMs / 1000,
    ],
    [
      'gateway_event_loop_busy_ratio',
      'The share of the last seconds that the event loops were at work, their mean.',
      recent.busyRatio,
    ],
    [
      'gateway_workers_memory_bytes',
      'Resident memory of the workers, together.',
      sumOf(workers, 'memoryBytes'),
    ],
  ];
}

function by(label: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([name, value]) => [{ [label]: name }, value]);
}

function histogram({ buckets, sum, count }: Total['requestSeconds']): Sample[] {
  return [
    ...buckets.map((bucket): Sample => [{ le: bucket.le }, bucket.count, '_bucket']),
    [{ le: '+Inf' }, count, '_bucket'],
    [{}, sum, '_sum'],
    [{}, count, '_count'],
  ];
}

function format([name, help, value]: Metric): string {
  const samples: readonly Sample[] = typeof value === 'number' ? [[{}, value]] : value;
  const lines = samples.map(
    ([labels, number, ending = '']) => `${name}${ending}${formatLabels(labels)} ${number}\n`,
  );
  return `# HELP ${name} ${help}\n# TYPE ${name} ${typeOf(name, samples)}\n${lines.join('')}`;
}

/** As Prometheus' conventions have it, which name a counter `_total`. */
function typeOf(name: string, samples: readonly Sample[]): string {
  if (samples.some(([, , ending]) => ending === '_bucket')) return 'histogram';
  return name.endsWith('_total') ? 'counter' : 'gauge';
}

function formatLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${escapeLabel(String(value))}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
