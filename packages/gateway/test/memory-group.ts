import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';

const VERSION_1 = '/sys/fs/cgroup/memory';
const VERSION_2 = '/sys/fs/cgroup';

/** A group of processes with that much memory, as a container is; undefined where it cannot be made. */
export class MemoryGroup {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    onTestFinished(async () => {
      // Until the last of its processes has gone.
      await vi.waitFor(() => rmdirSync(folder), { timeout: 5000 });
    });
  }

  static make(mebibytes: number): MemoryGroup | undefined {
    const isVersion1 = existsSync(join(VERSION_1, 'memory.limit_in_bytes'));
    const folder = join(
      isVersion1 ? VERSION_1 : VERSION_2,
      `gateway-test-${process.pid}-${++made}`,
    );
    const limit = join(folder, isVersion1 ? 'memory.limit_in_bytes' : 'memory.max');
    try {
      mkdirSync(folder);
    } catch {
      return undefined;
    }
    const group = new MemoryGroup(folder);
    if (!existsSync(limit)) return undefined;
    writeFileSync(limit, `${mebibytes}M`);
    return group;
  }

  /** What a command runs through to be one of its processes. */
  get through(): [string, ...string[]] {
    const enter = `echo $$ > ${join(this.#folder, 'cgroup.procs')} && exec "$0" "$@"`;
    return ['sh', '-c', enter];
  }
}

let made = 0;
