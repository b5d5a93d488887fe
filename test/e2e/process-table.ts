/** One process, as `/proc/PID/status` tells. */
export type ProcessStatus = ReadonlyMap<string, string>;

/** A shell script whose output `parseProcesses` reads; slim images have no `ps`. */
export const LIST_PROCESSES = 'cat /proc/[0-9]*/status 2>/dev/null || true';

export function parseProcesses(output: string): ProcessStatus[] {
  return output.split(/^(?=Name:)/m).map(
    (block) =>
      new Map(
        block
          .trim()
          .split('\n')
          .map((line) => splitOnce(line, ':')),
      ),
  );
}

/** The processes below the first one that is not the container's init: the gateway's workers. */
export function workerPids(processes: readonly ProcessStatus[]): string[] {
  const arbiter = childrenOf('1', processes)[0];
  return arbiter === undefined ? [] : childrenOf(arbiter, processes);
}

function childrenOf(pid: string, processes: readonly ProcessStatus[]): string[] {
  return processes
    .filter((process) => process.get('PPid') === pid)
    .map((process) => String(process.get('Pid')));
}

function splitOnce(line: string, separator: string): [string, string] {
  const at = line.indexOf(separator);
  return [line.slice(0, at), line.slice(at + 1).trim()];
}
