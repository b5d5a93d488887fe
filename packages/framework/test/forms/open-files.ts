import { readdirSync, readlinkSync } from 'node:fs';

/** The files of a folder that this process has open. */
export function openFilesIn(folder: string): string[] {
  return readdirSync('/proc/self/fd')
    .map(readDescriptor)
    .filter((path) => path.startsWith(folder));
}

/** The descriptor of the listing itself is closed by then. */
function readDescriptor(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}
