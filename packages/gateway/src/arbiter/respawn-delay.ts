const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;
/** After so long without a failure the next one is the first again. */
const CALM_MS = 30_000;

/** How long to wait before the next worker is started: longer with each that fails soon after another. */
export class RespawnDelay {
  #delayMs = 0;
  #untilMs = 0;

  isOver(): boolean {
    return performance.now() >= this.#untilMs;
  }

  grow(): void {
    this.#growFrom(performance.now());
  }

  /** The same for one of several that follow each other; gives how long it has to wait. */
  takeTurn(): number {
    const nowMs = performance.now();
    this.#growFrom(Math.max(nowMs, this.#untilMs));
    return this.#untilMs - nowMs;
  }

  #growFrom(startMs: number): void {
    if (startMs - this.#untilMs > CALM_MS) this.reset();
    this.#delayMs = Math.min(Math.max(this.#delayMs * 2, FIRST_DELAY_MS), LONGEST_DELAY_MS);
    this.#untilMs = startMs + this.#delayMs;
  }

  reset(): void {
    this.#delayMs = 0;
    this.#untilMs = 0;
  }
}
