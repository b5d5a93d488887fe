import {
  formatBytes,
  formatCount,
  formatMs,
  formatRate,
  formatSeconds,
  formatShare,
} from './quantities.ts';
import { sum } from './durations.ts';
import type { Report, RestartReport, WorkerReport } from './report.ts';
import type { RestartReason } from './restarts.ts';

/** A report for a person, in 80 columns: what holds for all workers, and a line for each. */
export interface Page {
  readonly summary: readonly string[];
  readonly heading: string;
  readonly rows: readonly string[];
}

export function pageOf(report: Report): Page {
  const workers = report.workers.toSorted((one, other) => one.number - other.number);
  return {
    summary: summaryOf(report),
    heading: COLUMNS.map(({ title, width }) => title.padStart(width)).join(''),
    rows: workers.map((worker) =>
      COLUMNS.map(({ width, cell }) => cell(worker).padStart(width)).join(''),
    ),
  };
}

interface Column {
  readonly title: string;
  readonly width: number;
  readonly cell: (worker: WorkerReport) => string;
}

const COLUMNS: readonly Column[] = [
  { title: 'WORKER', width: 6, cell: ({ number }) => String(number) },
  { title: 'PID', width: 8, cell: ({ pid }) => String(pid) },
  { title: 'STATE', width: 9, cell: ({ state }) => state },
  { title: 'AGE', width: 8, cell: ({ ageSeconds }) => formatSeconds(ageSeconds) },
  { title: 'BUSY', width: 7, cell: ({ recent }) => formatShare(recent.busyRatio) },
  { title: 'OPEN', width: 6, cell: ({ requestsInFlight }) => String(requestsInFlight) },
  { title: 'REQ/S', width: 6, cell: ({ recent }) => formatRate(recent.requestsPerSecond) },
  { title: 'P50', width: 7, cell: ({ recent }) => formatMs(recent.p50Ms) },
  { title: 'P99', width: 7, cell: ({ recent }) => formatMs(recent.p99Ms) },
  { title: 'DELAY', width: 7, cell: ({ recent }) => formatMs(recent.loopDelayMs) },
  { title: 'MEMORY', width: 8, cell: ({ memoryBytes }) => formatBytes(memoryBytes) },
];

function summaryOf(report: Report): string[] {
  const { recent, workers } = report;
  const ready = workers.filter(({ state }) => state === 'ready').length;
  const memory = formatBytes(sum(workers.map(({ memoryBytes }) => memoryBytes)));
  const open = formatCount(sum(workers.map(({ requestsInFlight }) => requestsInFlight)));
  const connections = formatCount(sum(workers.map((worker) => worker.connections)));
  const latency = `p50 ${formatMs(recent.p50Ms)}, p99 ${formatMs(recent.p99Ms)}`;
  return [
    `gateway ${report.version}: ${report.applicationName} ${placeOf(report)}`,
    `pid ${report.pid}, up ${formatSeconds(report.uptimeSeconds)}`,
    '',
    `workers   ${ready} of ${report.workersWanted} ready, ${formatShare(recent.busyRatio)} busy, ${memory}`,
    `requests  ${formatRate(recent.requestsPerSecond)} a second, ${open} open, on ${connections} connections`,
    `latency   ${latency}, event loop delay ${formatMs(recent.loopDelayMs)}`,
    `answers   ${answersOf(report.total)}`,
    `replaced  ${restartsOf(report)}`,
  ];
}

/** Where it stops it listens nowhere any more. */
function placeOf({ addresses }: Report): string {
  return addresses.length === 0 ? 'is stopping' : `at ${addresses.join(', ')}`;
}

function answersOf({ answers }: Report['total']): string {
  const counted = Object.entries(answers).filter(([, count]) => count > 0);
  const classes = counted.map(([name, count]) => `${name} ${formatCount(count)}`);
  return classes.join(', ') || 'none yet';
}

function restartsOf({ restarts, lastRestart }: Report): string {
  if (lastRestart === undefined) return 'none';
  const count = formatCount(sum(Object.values(restarts)));
  return `${count}, the last ${formatSeconds(lastRestart.secondsAgo)} ago: ${describe(lastRestart)}`;
}

const WHAT_HAPPENED: Readonly<Record<RestartReason, string>> = {
  blocked: 'was blocked',
  died: 'died',
  failed: 'could not start',
  retired: 'retired',
  reload: 'made way on reload',
};

function describe({ worker, reason, detail }: RestartReport): string {
  return `worker ${worker} ${WHAT_HAPPENED[reason]}${detail === '' ? '' : `: ${detail}`}`;
}
