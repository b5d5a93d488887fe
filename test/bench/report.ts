import type { Contestant } from './contestants.ts';
import type { Slice } from './measure.ts';

export interface Result {
  readonly contestant: Contestant;
  readonly slices: readonly Slice[];
}

export interface Facts {
  readonly machine: string;
  readonly node: string;
  readonly starts: number;
  readonly rounds: number;
  readonly sliceSeconds: number;
}

interface Row {
  readonly name: string;
  readonly what: string;
  readonly requestsPerSecond: number;
  readonly cpu: number;
  readonly kernel: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** `docs/benchmarks.md`, whole. */
export function page(results: readonly Result[], facts: Facts): string {
  return `# Benchmarks

Written by \`npm run bench\`, which measures all servers in one run, one after the other in slices of
${facts.sliceSeconds} s, each with one worker and ten header fields a request. Each server is started ${facts.starts} times, and has ${facts.rounds}
slices a start. CPU is the time of the whole process, all threads included, and kernel the part of it
that the system's own work takes, mostly for sockets; each figure is the median of the slices. Only
ratios within one run mean anything: the machine is shared and noisy.

${facts.machine}, Node ${facts.node}.

${table(results)}
${chart(results)}
`;
}

/** The figures as a Markdown table. */
export function table(results: readonly Result[]): string {
  const rows = results.map(rowOf);
  const reference = rows.find(({ name }) => name === 'node:http')?.cpu ?? Number.NaN;
  const floor = rows[0]?.cpu ?? Number.NaN;
  const lines = rows.map((row) => {
    const cells = [
      `**${row.name}**: ${row.what}`,
      Math.round(row.requestsPerSecond).toLocaleString('en'),
      row.cpu.toFixed(1),
      row.kernel.toFixed(1),
      (row.cpu / floor).toFixed(2),
      (row.cpu / reference).toFixed(2),
      row.p50Ms.toFixed(2),
      row.p99Ms.toFixed(2),
    ];
    return `| ${cells.join(' | ')} |\n`;
  });
  return `| Server | requests/s | CPU µs/request | kernel | × floor | × node:http | p50 ms | p99 ms |
|---|--:|--:|--:|--:|--:|--:|--:|
${lines.join('')}`;
}

/** The same as bars, in a block that every reader of Markdown can draw. */
function chart(results: readonly Result[]): string {
  const rows = results.map(rowOf);
  const longest = Math.max(...rows.map(({ cpu }) => cpu));
  const width = Math.max(...rows.map(({ name }) => name.length));
  const bars = rows.map(({ name, cpu }) => {
    const bar = '█'.repeat(Math.max(1, Math.round((cpu / longest) * 50)));
    return `${name.padEnd(width)}  ${bar} ${cpu.toFixed(1)}`;
  });
  return `CPU µs a request, less is better:\n\n\`\`\`\n${bars.join('\n')}\n\`\`\``;
}

function rowOf({ contestant, slices }: Result): Row {
  return {
    name: contestant.name,
    what: contestant.what,
    requestsPerSecond: median(slices.map((slice) => slice.requestsPerSecond)),
    cpu: median(slices.map((slice) => slice.cpuMicroseconds / slice.requests)),
    kernel: median(slices.map((slice) => slice.kernelMicroseconds / slice.requests)),
    p50Ms: median(slices.map((slice) => slice.p50Ms)),
    p99Ms: median(slices.map((slice) => slice.p99Ms)),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
