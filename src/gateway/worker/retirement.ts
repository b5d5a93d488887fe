import type { Config } from '../config.ts';
import { residentBytes } from '../figures/process-gauge.ts';

const MEBIBYTE = 1024 * 1024;

/**
 * Makes the question whether a worker should be replaced, asked with the number of requests that it
 * has served; the answer is the reason, or undefined.
 */
export function dutyToRetire(config: Config): (requestsServed: number) => string | undefined {
  const { maxRequests, maxRequestsJitter, maxWorkerMemory, maxWorkerLifetime } = config;
  const startedAtMs = performance.now();
  const requestLimit = maxRequests + Math.floor(Math.random() * (maxRequestsJitter + 1));
  return (requestsServed) => {
    if (maxRequests > 0 && requestsServed >= requestLimit) {
      return `it has served ${requestsServed} requests`;
    }
    if (maxWorkerLifetime > 0 && performance.now() - startedAtMs >= maxWorkerLifetime * 1000) {
      return `it is ${maxWorkerLifetime} s old`;
    }
    const memory = maxWorkerMemory > 0 ? Math.round((residentBytes() ?? 0) / MEBIBYTE) : 0;
    return memory > maxWorkerMemory ? `it takes ${memory} MiB of memory` : undefined;
  };
}
