import { noDurations, type Durations } from './durations.ts';

/** What a worker has done since the heartbeat before. */
export interface Counts {
  readonly seconds: number;
  /** Answers, in the order of `STATUS_CLASSES`; those to refused requests too. */
  readonly statuses: readonly number[];
  /** Of the requests that the application answered. */
  readonly durations: Durations;
  readonly durationSumMs: number;
  /** Of bodies. */
  readonly sentBytes: number;
  /** The time that the event loop did not wait for something to do. */
  readonly busySeconds: number;
  /** The longest turn of the event loop: so long a request may have waited for its turn. */
  readonly loopDelayMs: number;
}

/** What a worker tells the arbiter with each heartbeat. */
export interface WorkerFigures extends Counts {
  readonly requestsInFlight: number;
  readonly connections: number;
  readonly memoryBytes: number;
}

export const STATUS_CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;

export const NOTHING: Counts = {
  seconds: 0,
  statuses: STATUS_CLASSES.map(() => 0),
  durations: noDurations(),
  durationSumMs: 0,
  sentBytes: 0,
  busySeconds: 0,
  loopDelayMs: 0,
};

/** What two heartbeats tell together. */
export function add(one: Counts, other: Counts): Counts {
  return {
    seconds: one.seconds + other.seconds,
    statuses: addEach(one.statuses, other.statuses),
    durations: addEach(one.durations, other.durations),
    durationSumMs: one.durationSumMs + other.durationSumMs,
    sentBytes: one.sentBytes + other.sentBytes,
    busySeconds: one.busySeconds + other.busySeconds,
    loopDelayMs: Math.max(one.loopDelayMs, other.loopDelayMs),
  };
}

function addEach(some: readonly number[], others: readonly number[]): number[] {
  return some.map((number, index) => number + (others[index] ?? 0));
}
