import { readdirSync, readFileSync } from 'node:fs';

/** How many descriptors a process holds. */
export function descriptorCount(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** The memory of a process that no other shares, in KiB (proc_pid_smaps(5)). */
export function privateKibibytes(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const parts = text.matchAll(/^Private_(?:Clean|Dirty): +(\d+) kB$/gm);
  return [...parts].reduce((sum, [, kibibytes]) => sum + Number(kibibytes), 0);
}

/** Not there any more, or dead and not yet taken note of. */
export function isGone(pid: number): boolean {
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
}
