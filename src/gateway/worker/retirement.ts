import type { Config } from '../settings/catalogue.ts';
import { residentBytes } from '../figures/process-gauge.ts';

const MEBIBYTE = 1024 * 1024;

/** After so many requests a worker should be replaced: each has another jitter. */
export function requestLimit({ maxRequests, maxRequestsJitter }: Config): number {
  const jitter = Math.floor(Math.random() * (maxRequestsJitter + 1));
  return maxRequests > 0 ? maxRequests + jitter : Infinity;
}

/** Makes the question why a worker should be replaced, to be asked now and then. */
export function dutyToRetire(config: Config): () => string | undefined {
  const { maxWorkerMemory, maxWorkerLifetime } = config;
  const startedAtMs = performance.now();
  return () => {
    if (maxWorkerLifetime > 0 && performance.now() - startedAtMs >= maxWorkerLifetime * 1000) {
      return `it is ${maxWorkerLifetime} s old`;
    }
    const memory = maxWorkerMemory > 0 ? Math.round((residentBytes() ?? 0) / MEBIBYTE) : 0;
    return memory > maxWorkerMemory ? `it takes ${memory} MiB of memory` : undefined;
  };
}
