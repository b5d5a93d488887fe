import { execFileSync } from 'node:child_process';

/** Of this process, in bytes: writing beyond it fails, as on a full disk. */
export function limitFileSize(limit: string): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${limit}:`]);
}
