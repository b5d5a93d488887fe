import { bucketOf, noDurations } from './durations.ts';
import { STATUS_CLASSES, type RequestCounts } from './worker-figures.ts';

const CODE_OF_0 = 0x30;
const CLIENT_ERROR = 4;
const SERVER_ERROR = 5;

/** What a worker's connections count; it costs each request one search in a small table. */
export class Meter {
  #statuses = noAnswers();
  #durations = noDurations();
  #durationSumMs = 0;
  #sentBytes = 0;

  /** @param status `"200 OK"`, or `''` where the client went away before: counted as 499, as in the access log. */
  countRequest(status: string, durationMs: number, sentBytes: number): void {
    this.#countAnswer(status === '' ? CLIENT_ERROR : status.charCodeAt(0) - CODE_OF_0);
    const bucket = bucketOf(durationMs);
    this.#durations[bucket] = (this.#durations[bucket] ?? 0) + 1;
    this.#durationSumMs += durationMs;
    this.#sentBytes += sentBytes;
  }

  /** Counts a request that the application never saw. */
  countRefusal(statusCode: number): void {
    this.#countAnswer(Math.floor(statusCode / 100));
  }

  /** Gives what was counted since the last time. */
  take(): RequestCounts {
    const taken = {
      statuses: this.#statuses,
      durations: this.#durations,
      durationSumMs: this.#durationSumMs,
      sentBytes: this.#sentBytes,
    };
    this.#statuses = noAnswers();
    this.#durations = noDurations();
    this.#durationSumMs = 0;
    this.#sentBytes = 0;
    return taken;
  }

  /** A class that there is not, which clients take for 5xx (RFC 9110 §15), counts as such. */
  #countAnswer(statusClass: number): void {
    const known = statusClass >= 1 && statusClass <= SERVER_ERROR ? statusClass : SERVER_ERROR;
    this.#statuses[known - 1] = (this.#statuses[known - 1] ?? 0) + 1;
  }
}

function noAnswers(): number[] {
  return STATUS_CLASSES.map(() => 0);
}
