import { performance } from 'node:perf_hooks';
import type { OverloadLimits, ServerState } from './service.ts';

/** There is too much to do for one more request. */
export function isOverloaded(limits: OverloadLimits, state: ServerState): boolean {
  if (state.requestsInFlight >= limits.requestsInFlight) return true;
  if (limits.loopDelayMs === Infinity) return false;
  const delayNowMs = performance.now() - state.loopDueMs;
  return Math.max(state.loopDelayMs, delayNowMs) > limits.loopDelayMs;
}
