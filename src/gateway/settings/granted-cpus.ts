import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const QUOTA_V1 = '/sys/fs/cgroup/cpu/cpu.cfs_quota_us';
const PERIOD_V1 = '/sys/fs/cgroup/cpu/cpu.cfs_period_us';

/** How many CPUs this process may use. Node heeds the quota of a cgroup v2, but not that of a v1. */
export function grantedCpus(): number {
  const cpus = availableParallelism();
  const quota = readNumber(QUOTA_V1);
  const period = readNumber(PERIOD_V1);
  if (quota === undefined || period === undefined || quota <= 0) return cpus;
  return Math.max(1, Math.min(cpus, Math.ceil(quota / period)));
}

function readNumber(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
