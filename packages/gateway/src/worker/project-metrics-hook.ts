import { setTimeout } from 'node:timers/promises';
import type { Awaitable } from '@wsgi/wsgi';
import type { ProjectMetric } from '../hooks.ts';
import type { Log } from '../log/log.ts';
import { readProjectMetrics, type MetricFamily } from '../metrics/project-metrics.ts';

/** How long the last reading may take, with which a worker ends. */
const LAST_MS = 500;

/** Reads the project's metrics by its hook `metrics`, which may take its time. */
export class ProjectMetricsHook {
  readonly #ask: () => Awaitable<readonly ProjectMetric[] | undefined>;
  readonly #log: Log;
  #latest: readonly MetricFamily[] | undefined;
  #reading: Promise<void> | undefined;
  #hasFailed = false;

  constructor(ask: () => Awaitable<readonly ProjectMetric[] | undefined>, log: Log) {
    this.#ask = ask;
    this.#log = log;
  }

  /** What was read last; reads again for the next time. */
  take(): readonly MetricFamily[] | undefined {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#latest;
  }

  /** Reads what is to be taken last. */
  async settle(): Promise<void> {
    const last = Promise.resolve(this.#reading).then(() => this.#read());
    await Promise.race([last, setTimeout(LAST_MS)]);
  }

  async #read(): Promise<void> {
    try {
      this.#latest = readProjectMetrics(await this.#ask());
      this.#hasFailed = false;
    } catch (error) {
      // Once a second would be too often.
      if (!this.#hasFailed) this.#log.error({ err: error }, 'the hook metrics failed');
      this.#hasFailed = true;
    }
  }
}
