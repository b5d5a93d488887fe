import type { ProjectMetric } from '../hooks.ts';

/** A metric of the project as a worker tells it, or as all of them do together. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: (typeof TYPES)[number];
  /** How the gauges of several workers become one. */
  readonly aggregator: keyof typeof AGGREGATORS;
  readonly samples: readonly Sample[];
}

/** The series is written as in Prometheus' text format: `orders_total{kind="book"}`. */
type Sample = readonly [series: string, value: number];

const TYPES = ['counter', 'gauge', 'histogram', 'summary'] as const;

/** prom-client's. */
const AGGREGATORS = {
  sum: (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0),
  first: ([value = 0]: readonly number[]) => value,
  min: (values: readonly number[]) => Math.min(...values),
  max: (values: readonly number[]) => Math.max(...values),
  average: (values: readonly number[]) => AGGREGATORS.sum(values) / values.length,
} as const;

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * Reads what the hook gives; what is to be omitted for several processes is.
 *
 * @throws {TypeError} where it is not of that shape: Prometheus would refuse the gateway's metrics with it.
 */
export function readProjectMetrics(given: readonly ProjectMetric[] | undefined): MetricFamily[] {
  if (!Array.isArray(given)) throw new TypeError(`it gave ${typeof given}: expected an array`);
  return given.flatMap((metric) => (metric.aggregator === 'omit' ? [] : readFamily(metric)));
}

function readFamily({ name, help, type, aggregator = 'sum', values }: ProjectMetric): MetricFamily {
  const known = TYPES.find((one) => one === type);
  if (!NAME.test(name)) throw new TypeError(`'${name}' cannot be the name of a metric`);
  if (name.startsWith('gateway_')) throw new TypeError(`${name} has a name of the gateway's own`);
  if (known === undefined)
    throw new TypeError(`${name} is a ${String(type)}: expected ${TYPES.join(', ')}`);
  if (!Object.hasOwn(AGGREGATORS, aggregator)) {
    throw new TypeError(`${name} has the aggregator ${aggregator}: expected prom-client's`);
  }
  // Quantiles of several workers do not add up.
  const told =
    known === 'summary' ? values.filter(({ labels }) => !('quantile' in labels)) : values;
  const samples = told
    .filter(({ value }) => Number.isFinite(value))
    .map(({ metricName = name, labels, value }): Sample => [seriesOf(metricName, labels), value]);
  return { name, help, type: known, aggregator: aggregator as MetricFamily['aggregator'], samples };
}

function seriesOf(name: string, labels: ProjectMetric['values'][number]['labels']): string {
  const pairs = Object.entries(labels).map(([label, value]) => {
    if (!LABEL.test(label)) throw new TypeError(`${name} has the label '${label}'`);
    return `${label}="${escapeLabel(String(value))}"`;
  });
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}

/** Prometheus' text format. */
export function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** What the workers told of the project's metrics: what only grows is summed over those that are gone, too. */
export class ProjectLedger<Worker extends object> {
  readonly #families = new Map<string, MetricFamily>();
  /** By series, of counters, histograms and summaries. */
  readonly #sums = new Map<string, Map<string, number>>();
  readonly #latest = new WeakMap<Worker, readonly MetricFamily[]>();

  book(worker: Worker, families: readonly MetricFamily[]): void {
    const before = new Map(this.#latest.get(worker)?.flatMap(({ samples }) => samples));
    for (const family of families) {
      this.#families.set(family.name, family);
      if (family.type !== 'gauge') this.#sum(family, before);
    }
    this.#latest.set(worker, families);
  }

  /** Those of all workers together. */
  families(workers: readonly Worker[]): MetricFamily[] {
    const living = workers.map((worker) => this.#latest.get(worker) ?? []);
    return Array.from(this.#families.values(), (family) => {
      const sums = this.#sums.get(family.name) ?? [];
      const samples = family.type === 'gauge' ? gaugesOf(family, living) : [...sums];
      return { ...family, samples };
    });
  }

  #sum({ name, samples }: MetricFamily, before: ReadonlyMap<string, number>): void {
    const sums = this.#sums.get(name) ?? new Map<string, number>();
    this.#sums.set(name, sums);
    for (const [series, value] of samples) {
      const earlier = before.get(series) ?? 0;
      // A registry that was reset counts from zero again.
      const growth = value < earlier ? value : value - earlier;
      sums.set(series, (sums.get(series) ?? 0) + growth);
    }
  }
}

function gaugesOf(
  { name, aggregator }: MetricFamily,
  living: readonly (readonly MetricFamily[])[],
): Sample[] {
  const samples = living.flat().flatMap((family) => (family.name === name ? family.samples : []));
  const values = Map.groupBy(samples, ([series]) => series);
  return Array.from(values, ([series, those]) => {
    return [series, AGGREGATORS[aggregator](those.map(([, value]) => value))];
  });
}
