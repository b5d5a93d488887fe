import { execFileSync } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

/** Why there can be none here; undefined where there can. */
export const NO_SMALL_DISK: string | undefined =
  process.getuid?.() === 0 ? undefined : 'only root can mount a small disk';

/** A folder with room for so many bytes, as a file system of its own, until the test ends. */
export function smallDisk(bytes: number): string {
  const folder = temporaryFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'small-disk', folder]);
  onTestFinished(() => void execFileSync('umount', ['--lazy', folder]));
  return folder;
}
