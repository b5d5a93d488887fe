import type { Contestant, WorkRow } from './contestants.ts';
import { total, type Slice } from './measure.ts';

export interface Result {
  readonly contestant: Contestant;
  readonly slices: readonly Slice[];
}

/** Each server's CPU time for each kind of work, in µs a request, and ours against the best peer's. */
export function workTable(
  rows: readonly WorkRow[],
  slices: ReadonlyMap<Contestant, readonly Slice[]>,
): string {
  const cpuOf = (contestant: Contestant): number =>
    median((slices.get(contestant) ?? []).map(cpuOfRequest));
  const names = rows[0]?.peers.map(({ name }) => name) ?? [];
  const lines = rows.map(({ name, own, peers }) => {
    const ownCpu = cpuOf(own);
    const peerCpus = peers.map(cpuOf);
    const cells = [ownCpu, ...peerCpus].map((cpu) => cpu.toFixed(1));
    const ratio = (ownCpu / Math.min(...peerCpus)).toFixed(2);
    return `| ${[name, ...cells, `**${ratio}**`].join(' | ')} |\n`;
  });
  return `| CPU µs/request | sample project | ${names.join(' | ')} | × the best of these |
|---|${'--:|'.repeat(names.length + 2)}
${lines.join('')}`;
}

/** What stands behind nginx: CPU time of both in µs a request, and by that of the first. */
export function frontTable(results: readonly Result[]): string {
  const [reference = Number.NaN] = results.map(({ slices }) => median(slices.map(cpuOfRequest)));
  const lines = results.map(({ contestant: { name, what }, slices }) => {
    const cpu = median(slices.map(cpuOfRequest));
    const shares = [0, 1].map((index) =>
      median(
        slices.map(({ cpuMicroseconds, requests }) => (cpuMicroseconds[index] ?? 0) / requests),
      ),
    );
    const cells = [
      `**${name}**: ${what}`,
      Math.round(median(slices.map((slice) => slice.requestsPerSecond))).toLocaleString('en'),
      ...shares.map((share) => share.toFixed(1)),
      cpu.toFixed(1),
      `**${(cpu / reference).toFixed(2)}**`,
      median(slices.map((slice) => slice.p99Ms)).toFixed(2),
    ];
    return `| ${cells.join(' | ')} |\n`;
  });
  return `| Behind nginx | requests/s | nginx: CPU µs/request | the server's | both | × node:http | p99 ms |
|---|--:|--:|--:|--:|--:|--:|
${lines.join('')}`;
}

/** Of all processes, in µs. */
function cpuOfRequest({ cpuMicroseconds, requests }: Slice): number {
  return total(cpuMicroseconds) / requests;
}

interface Row {
  readonly name: string;
  readonly what: string;
  readonly requestsPerSecond: number;
  readonly cpu: number;
  readonly memory: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const MEBIBYTE = 1024 * 1024;

/** The results as a Markdown table; ratios are of CPU time. */
export function table(results: readonly Result[]): string {
  const rows = results.map(rowOf);
  const reference = rows.find(({ name }) => name === 'node:http')?.cpu ?? Number.NaN;
  const floor = rows[0]?.cpu ?? Number.NaN;
  const lines = rows.map((row) => {
    const cells = [
      `**${row.name}**: ${row.what}`,
      Math.round(row.requestsPerSecond).toLocaleString('en'),
      row.cpu.toFixed(1),
      (row.cpu / floor).toFixed(2),
      (row.cpu / reference).toFixed(2),
      row.memory.toFixed(0),
      row.p50Ms.toFixed(2),
      row.p99Ms.toFixed(2),
    ];
    return `| ${cells.join(' | ')} |\n`;
  });
  return `| Server | requests/s | CPU µs/request | × floor | × node:http | memory MiB | p50 ms | p99 ms |
|---|--:|--:|--:|--:|--:|--:|--:|
${lines.join('')}`;
}

function rowOf({ contestant, slices }: Result): Row {
  return {
    name: contestant.name,
    what: contestant.what,
    requestsPerSecond: median(slices.map((slice) => slice.requestsPerSecond)),
    cpu: median(slices.map(cpuOfRequest)),
    memory: median(slices.map((slice) => slice.residentBytes / MEBIBYTE)),
    p50Ms: median(slices.map((slice) => slice.p50Ms)),
    p99Ms: median(slices.map((slice) => slice.p99Ms)),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
