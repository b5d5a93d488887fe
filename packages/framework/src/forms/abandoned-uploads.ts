import { hash } from 'node:crypto';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** How the folders of this process begin: no other one has such, also where its id is given out again. */
export function uploadPrefix(): string {
  return `upload-${place()}-${process.pid}-${startOf(process.pid) ?? ''}-`;
}

/** Removes the folders of processes that were killed before they could: each would fill the disk for good. */
export async function clearAbandonedUploads(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  for (const name of names) {
    const path = join(parent, name);
    // Of another user, or removed by another process meanwhile.
    if (await isAbandoned(name, path)) await rm(path, { recursive: true }).catch(() => {});
  }
}

const FOLDER = /^upload-([0-9a-f]{8})-(\d+)-(\d*)-\w{6}$/;
const DAY_MS = 86_400_000;

/** Elsewhere, as in another container with the same volume, a process cannot be looked for: its folder waits a day. */
async function isAbandoned(name: string, path: string): Promise<boolean> {
  const [, where, pid, start] = FOLDER.exec(name) ?? [];
  if (where === undefined) return false;
  if (where === place()) return startOf(Number(pid)) !== start;
  const changed = await stat(path).catch(() => undefined);
  return changed !== undefined && changed.mtimeMs < Date.now() - DAY_MS;
}

/** Where ids of processes mean the same: a machine, or a container. */
function place(): string {
  const namespace = existsSync(NAMESPACE) ? readlinkSync(NAMESPACE) : '';
  return hash('sha1', hostname() + namespace).slice(0, 8);
}

const NAMESPACE = '/proc/self/ns/pid';

/** When a process began, in a unit of the system's own, '' where that tells none; undefined without such a process. */
function startOf(pid: number): string | undefined {
  if (!existsSync(NAMESPACE)) return isRunning(pid) ? '' : undefined;
  try {
    // proc_pid_stat(5): the 22nd field; the second is a name in brackets, with whatever is in it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ');
    return fields?.[19];
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
