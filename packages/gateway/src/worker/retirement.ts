import { readdirSync, readFileSync } from 'node:fs';
import { mebibytes, residentBytes } from '../metrics/meter.ts';
import type { Settings } from '../settings/catalogue.ts';

/** What a worker needs so soon after its start, the next one will need as well. */
const NEW_MS = 10_000;
/** Beyond this share of them there are soon none left, and connections are closed unanswered. */
const DESCRIPTORS_SHARE_MAX = 0.9;
/** Counting so many takes about half a millisecond. */
const DESCRIPTORS_A_LOOK = 1000;

/** Why a worker should be replaced. */
export interface Retirement {
  readonly reason: string;
  /** It is nothing that the settings ask for. */
  readonly isFault?: true;
  /** Where the next worker would fare no better: what must be changed. */
  readonly remedy?: string | undefined;
}

type Limits = Pick<Settings, 'maxWorkerLifetime' | 'maxWorkerMemory' | 'workers'>;

/** Made when the worker is ready, it says whether it is due to be replaced; to be called each second. */
export function dutyToRetire(limits: Limits): () => Retirement | undefined {
  // A process counts from its start.
  const readyAtMs = performance.now();
  const descriptors = new DescriptorWatch();
  return () => {
    const ageMs = performance.now() - readyAtMs;
    const isNew = ageMs < NEW_MS;
    return tooOld(ageMs, readyAtMs, limits) ?? tooLarge(isNew, limits) ?? descriptors.look(isNew);
  };
}

function tooOld(
  ageMs: number,
  startMs: number,
  { maxWorkerLifetime, workers }: Limits,
): Retirement | undefined {
  if (maxWorkerLifetime === 0 || ageMs < maxWorkerLifetime * 1000) return undefined;
  // They are replaced one after the other.
  const leastSeconds = Math.ceil((workers * startMs) / 1000);
  const remedy = `max-worker-lifetime must be at least ${leastSeconds}, which starting ${workers} takes`;
  return {
    reason: `it is ${maxWorkerLifetime} s old`,
    remedy: maxWorkerLifetime < leastSeconds ? remedy : undefined,
  };
}

function tooLarge(isNew: boolean, { maxWorkerMemory }: Limits): Retirement | undefined {
  if (maxWorkerMemory === 0) return undefined;
  const memory = mebibytes(residentBytes());
  if (memory <= maxWorkerMemory) return undefined;
  const remedy = `max-worker-memory must be over ${memory}, which a new worker takes`;
  return { reason: `it takes ${memory} MiB of memory`, remedy: isNew ? remedy : undefined };
}

/** Compares the descriptors in use with the limit of the process (proc_pid_limits(5)). */
class DescriptorWatch {
  #looksToSkip = 0;

  look(isNew: boolean): Retirement | undefined {
    if (this.#looksToSkip-- > 0) return undefined;
    const reason = this.#shortage();
    if (reason === undefined) return undefined;
    const remedy = 'a new worker opens so many: the limit of open files must be higher';
    return { reason, isFault: true, remedy: isNew ? remedy : undefined };
  }

  #shortage(): string | undefined {
    try {
      const limits = readFileSync('/proc/self/limits', 'utf8');
      const limit = Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Infinity);
      const used = readdirSync('/proc/self/fd').length - 1;
      this.#looksToSkip = Math.floor(used / DESCRIPTORS_A_LOOK);
      if (used <= limit * DESCRIPTORS_SHARE_MAX) return undefined;
      return `it has ${used} of its ${limit} descriptors in use`;
    } catch (error) {
      // Not every system tells of them.
      const hasNoneLeft = (error as NodeJS.ErrnoException).code === 'EMFILE';
      return hasNoneLeft ? 'it has no descriptor left' : undefined;
    }
  }
}
