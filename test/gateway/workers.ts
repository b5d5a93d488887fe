import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { GatewayProcess } from './gateway-process.ts';

/** Of all workers that have been ready. */
export function workerPids(gateway: GatewayProcess): number[] {
  return gateway.log.flatMap(({ msg }) => Number(/is ready \(pid (\d+)/.exec(msg)?.[1]) || []);
}

export async function untilGone(pids: readonly number[]): Promise<void> {
  await expect.poll(() => pids.filter(isAlive), { timeout: 10_000 }).toEqual([]);
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
