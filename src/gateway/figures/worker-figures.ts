import { noDurations, type Durations } from './durations.ts';

/** What a worker tells the arbiter with each heartbeat. */
export interface WorkerFigures extends RequestCounts, LoopFigures {
  readonly requestsInFlight: number;
  readonly connections: number;
  readonly memoryBytes: number;
}

/** Of the requests since the heartbeat before. */
export interface RequestCounts {
  /** Answers, in the order of `STATUS_CLASSES`; those to refused requests too. */
  readonly statuses: readonly number[];
  /** Of the requests that the application answered. */
  readonly durations: Durations;
  readonly durationSumMs: number;
  /** Of bodies. */
  readonly sentBytes: number;
}

/** Of the event loop since the heartbeat before. */
export interface LoopFigures {
  readonly seconds: number;
  /** The time that it did not wait for something to do. */
  readonly busySeconds: number;
  /** Its longest turn: so long may a request have waited for its own. */
  readonly loopDelayMs: number;
}

/** What can be added up, over heartbeats and over workers. */
export type Counts = RequestCounts & LoopFigures;

export const STATUS_CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;

export const NOTHING: Counts = {
  statuses: STATUS_CLASSES.map(() => 0),
  durations: noDurations(),
  durationSumMs: 0,
  sentBytes: 0,
  seconds: 0,
  busySeconds: 0,
  loopDelayMs: 0,
};

/** What two heartbeats tell together. */
export function add(one: Counts, other: Counts): Counts {
  return {
    statuses: addEach(one.statuses, other.statuses),
    durations: addEach(one.durations, other.durations),
    durationSumMs: one.durationSumMs + other.durationSumMs,
    sentBytes: one.sentBytes + other.sentBytes,
    seconds: one.seconds + other.seconds,
    busySeconds: one.busySeconds + other.busySeconds,
    loopDelayMs: Math.max(one.loopDelayMs, other.loopDelayMs),
  };
}

function addEach(some: readonly number[], others: readonly number[]): number[] {
  return some.map((number, index) => number + (others[index] ?? 0));
}
