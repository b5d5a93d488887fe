const FIRST_MS = 250;
const LONGEST_MS = 10_000;

/** How long to wait before the next worker is started: longer with each that could not start. */
export class RespawnDelay {
  #delayMs = 0;
  #untilMs = 0;

  isOver(): boolean {
    return performance.now() >= this.#untilMs;
  }

  grow(): void {
    this.#delayMs = Math.min(Math.max(this.#delayMs * 2, FIRST_MS), LONGEST_MS);
    this.#untilMs = performance.now() + this.#delayMs;
  }

  reset(): void {
    this.#delayMs = 0;
    this.#untilMs = 0;
  }
}
