import { execFileSync } from 'node:child_process';

export const IMAGE = 'nginx:1.30';
/** The first that has `add_header_inherit`; `keepalive_min_timeout` is older. */
export const OLDEST_VERSION = [1, 29, 3] as const;

/** The command that runs a recent nginx with the configuration in a folder: of this machine, or else of the image. */
export function nginxCommand(): ((folder: string) => string[]) | undefined {
  if (isRecent('nginx', ['-v'])) {
    return (folder) => ['nginx', '-e', 'stderr', '-c', `${folder}/nginx.conf`];
  }
  const docker = ['run', '--rm', '--network', 'host', '--user', '101:101', '--read-only'];
  if (!isRecent('docker', [...docker, IMAGE, 'nginx', '-v'])) return undefined;
  docker.push('--cap-drop', 'ALL');
  return (folder) => {
    const volume = `${folder}:${folder}`;
    return ['docker', ...docker, '--volume', volume, IMAGE, 'nginx', '-c', `${folder}/nginx.conf`];
  };
}

function isRecent(command: string, args: string[]): boolean {
  try {
    const text = execFileSync('sh', ['-c', '"$@" 2>&1', 'sh', command, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const found = /nginx\/(\d+)\.(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number) ?? [];
    const oldest = OLDEST_VERSION.findIndex((part, index) => part !== found[index]);
    return oldest === -1 || (found[oldest] ?? 0) > (OLDEST_VERSION[oldest] ?? 0);
  } catch {
    return false;
  }
}
