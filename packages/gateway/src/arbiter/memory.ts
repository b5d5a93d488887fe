import { existsSync, readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { mebibytes } from '../metrics/meter.ts';

const GROUPS = '/sys/fs/cgroup';
/** What happened longer ago is not why a worker has just died. */
const FRESH_MS = 2000;

/** Counts what the kernel kills, among the processes of this container or service, for want of memory. */
export class OomKills {
  readonly #file = eventFiles().find((file) => existsSync(file));
  #seen = this.#count();
  #fresh = 0;
  #freshAtMs = 0;

  /** To be called now and then, too, so that an old kill is not taken for a new one. */
  look(): void {
    const count = this.#count();
    const nowMs = performance.now();
    if (nowMs - this.#freshAtMs > FRESH_MS) this.#fresh = 0;
    if (count > this.#seen) {
      this.#fresh += count - this.#seen;
      this.#freshAtMs = nowMs;
    }
    this.#seen = count;
  }

  /** Whether a process that was killed just now may have been for want of memory; each kill explains one. */
  take(): boolean {
    this.look();
    if (this.#fresh === 0) return false;
    this.#fresh -= 1;
    return true;
  }

  #count(): number {
    if (this.#file === undefined) return 0;
    try {
      return Number(/^oom_kill (\d+)$/m.exec(readFileSync(this.#file, 'utf8'))?.[1] ?? 0);
    } catch {
      // There may be no descriptor left.
      return this.#seen;
    }
  }
}

/** Of this process's group; in a container it is mounted as if it were the root (cgroups(7)). */
function eventFiles(): string[] {
  if (!existsSync('/proc/self/cgroup')) return [];
  const lines = readFileSync('/proc/self/cgroup', 'utf8').split('\n');
  return [
    join(GROUPS, groupIn(lines, ''), 'memory.events'),
    join(GROUPS, 'memory.events'),
    join(GROUPS, 'memory', groupIn(lines, 'memory'), 'memory.oom_control'),
    join(GROUPS, 'memory/memory.oom_control'),
  ];
}

/** Of lines such as `4:memory:/docker/3f2a` the path; those of version 2 name no controllers. */
function groupIn(lines: readonly string[], controllers: string): string {
  const line = lines.find((one) => one.split(':')[1] === controllers);
  return line?.split(':').slice(2).join(':') ?? '';
}

/** Why so many workers are too many for the memory of the container, or of the machine; undefined where they fit. */
export function shortageFor(workers: number, workerBytes: number): string | undefined {
  const arbiterBytes = process.memoryUsage.rss();
  const granted = process.constrainedMemory();
  const limitBytes = granted > 0 ? Math.min(granted, totalmem()) : totalmem();
  if (workers * workerBytes + arbiterBytes <= limitBytes) return undefined;
  const [each, own, limit] = [workerBytes, arbiterBytes, limitBytes].map(mebibytes);
  return `${workers} workers of ${each} MiB each, as they take now, and ${own} MiB of the arbiter are more than the ${limit} MiB that there are`;
}
