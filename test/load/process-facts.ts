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

/** The processor time that a process has used, to a hundredth of a second (proc_pid_stat(5)). */
export function cpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is a name in parentheses; utime and stime are the 14th and the 15th.
  const fields = text.slice(text.lastIndexOf(')')).split(' ');
  return (Number(fields[12]) + Number(fields[13])) / 100;
}

/** Not there any more, or dead and not yet taken note of. */
export function isGone(pid: number): boolean {
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
}
