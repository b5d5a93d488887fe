import { sum } from './durations.ts';
import type { Report } from './report.ts';

type Labels = Readonly<Record<string, string | number>>;
type Sample = readonly [labels: Labels, value: number];

interface Metric {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** By the ending of the name: a histogram has three. */
  readonly samples: Readonly<Record<string, readonly Sample[]>>;
}

export const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** A report in Prometheus' text format. */
export function prometheusText(report: Report): string {
  return metricsOf(report).map(formatMetric).join('');
}

function metricsOf(report: Report): Metric[] {
  const { total } = report;
  return [
    gauge('gateway_info', 'What runs, in the labels.', [
      [{ version: report.version, application: report.applicationName }, 1],
    ]),
    gauge('gateway_uptime_seconds', 'Since the arbiter started.', plain(report.uptimeSeconds)),
    counter(
      'gateway_requests_total',
      'Answers by class of status, those to refused requests too.',
      entries('status', total.answers),
    ),
    durations(total),
    counter('gateway_response_bytes_total', 'Bytes of bodies sent.', plain(total.sentBytes)),
    counter(
      'gateway_worker_restarts_total',
      'Workers replaced, by reason.',
      entries('reason', report.restarts),
    ),
    gauge('gateway_workers_wanted', 'Workers there should be.', plain(report.workersWanted)),
    ...gaugesOf(report),
  ];
}

/**
 * As of the workers' last heartbeats, at most about a second ago. None is told by worker: each that
 * takes the place of another would be one more series, for good.
 */
function gaugesOf({ workers, recent }: Report): Metric[] {
  const count = (wanted: string): number => workers.filter(({ state }) => state === wanted).length;
  const busy = workers.filter(({ requestsInFlight }) => requestsInFlight > 0);
  const together = (value: (worker: Report['workers'][number]) => number): Sample[] =>
    plain(sum(workers.map(value)));
  return [
    gauge(
      'gateway_workers',
      'Workers by state.',
      entries('state', {
        starting: count('starting'),
        ready: count('ready'),
        draining: count('draining'),
        blocked: count('blocked'),
      }),
    ),
    gauge('gateway_busy_workers', 'Workers with a request in flight.', plain(busy.length)),
    gauge(
      'gateway_requests_in_flight',
      'Requests that the workers are at.',
      together(({ requestsInFlight }) => requestsInFlight),
    ),
    gauge(
      'gateway_connections',
      'Open connections.',
      together(({ connections }) => connections),
    ),
    gauge(
      'gateway_event_loop_delay_seconds',
      "The longest turn of a worker's event loop in the last seconds.",
      plain(recent.loopDelayMs / 1000),
    ),
    gauge(
      'gateway_event_loop_busy_ratio',
      'The share of the last seconds that the event loops were at work, their mean.',
      plain(recent.busyRatio),
    ),
    gauge(
      'gateway_workers_memory_bytes',
      'Resident memory of the workers, together.',
      together(({ memoryBytes }) => memoryBytes),
    ),
  ];
}

function durations({ requestSeconds }: Report['total']): Metric {
  return {
    name: 'gateway_request_duration_seconds',
    type: 'histogram',
    help: 'From the head of a request to the end of its response, without refused requests.',
    samples: {
      _bucket: [
        ...requestSeconds.buckets.map(({ le, count }): Sample => [{ le }, count]),
        [{ le: '+Inf' }, requestSeconds.count],
      ],
      _sum: plain(requestSeconds.sum),
      _count: plain(requestSeconds.count),
    },
  };
}

function counter(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, type: 'counter', help, samples: { '': samples } };
}

function gauge(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, type: 'gauge', help, samples: { '': samples } };
}

function plain(value: number): Sample[] {
  return [[{}, value]];
}

function entries(label: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([name, value]) => [{ [label]: name }, value]);
}

function formatMetric({ name, type, help, samples }: Metric): string {
  const lines = Object.entries(samples).flatMap(([ending, list]) =>
    list.map(([labels, value]) => `${name}${ending}${formatLabels(labels)} ${value}\n`),
  );
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function formatLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escape(String(value))}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escape(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
