import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { LoopFigures } from './worker-figures.ts';

/** Measures a worker's event loop and memory between two heartbeats. */
export class ProcessGauge {
  // By turn, not by a timer: it finds every stall, and does not wake an idle process.
  readonly #turns = monitorEventLoopDelay({ samplePerIteration: true });
  #utilization = performance.eventLoopUtilization();
  #takenAtMs = performance.now();
  #memoryBytes = 0;

  constructor() {
    this.#turns.enable();
  }

  /** Gives what was measured since the last time. */
  take(): LoopFigures & { readonly memoryBytes: number } {
    const utilization = performance.eventLoopUtilization();
    const nowMs = performance.now();
    const taken = {
      seconds: (nowMs - this.#takenAtMs) / 1000,
      busySeconds: (utilization.active - this.#utilization.active) / 1000,
      loopDelayMs: this.#turns.max / 1e6,
      memoryBytes: residentBytes() ?? this.#memoryBytes,
    };
    this.#turns.reset();
    this.#utilization = utilization;
    this.#takenAtMs = nowMs;
    this.#memoryBytes = taken.memoryBytes;
    return taken;
  }
}

/** The memory that the process takes; undefined where it cannot be told. */
export function residentBytes(): number | undefined {
  try {
    return process.memoryUsage.rss();
  } catch {
    // It reads a file in /proc, and there may be no descriptor left.
    return undefined;
  }
}
