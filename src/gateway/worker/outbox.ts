import { performance } from 'node:perf_hooks';

/** What has something to write. */
interface Holder {
  flush(): void;
}

/** So many responses leave together at most: what is larger has nothing left to save. */
const HOLDERS_MAX = 64;
/** A response that is ready waits at most for one more request, where requests take longer than this. */
const WAIT_MS = 1;

/**
 * Responses that became ready in one turn of the event loop, until its end: then they leave together.
 * A client that is waked for each of them costs the worker more than the rest of a small response.
 */
export class Outbox {
  #holders: Holder[] = [];
  #sinceMs = 0;
  readonly #flush = (): void => this.flush();

  add(holder: Holder): void {
    if (this.#holders.push(holder) === 1) {
      this.#sinceMs = performance.now();
      setImmediate(this.#flush);
    }
    if (this.#holders.length >= HOLDERS_MAX) this.flush();
  }

  flush(): void {
    const holders = this.#holders;
    this.#holders = [];
    for (const holder of holders) holder.flush();
  }

  /** To be called before something that may take long. */
  flushOverdue(nowMs: number): void {
    if (this.#holders.length > 0 && nowMs - this.#sinceMs >= WAIT_MS) this.flush();
  }
}
