import { expect } from 'vitest';
import { isGone } from '../../../test/load/process-facts.ts';

export async function untilGone(pids: readonly number[]): Promise<void> {
  await expect.poll(() => pids.filter((pid) => !isGone(pid)), { timeout: 10_000 }).toEqual([]);
}
