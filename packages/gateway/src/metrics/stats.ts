import { parseWords } from '../settings/command-line.ts';
import { askForEvents, askGateway, SOCKET_OPTION } from './control.ts';
import { sum } from './durations.ts';
import { sumOf, type Report, type RestartReason, type Total, type WorkerReport } from './report.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MEBIBYTE = 1024 * 1024;

/** The text that `gateway stats [--socket PATH] [--json]` prints: the metrics of a running gateway, once. */
export async function stats(args: string[]): Promise<string> {
  const { values } = parseWords({ args, options: { ...SOCKET_OPTION, json: { type: 'boolean' } } });
  const report = await askGateway(values.socket);
  if (values.json) return `${JSON.stringify(report, null, 2)}\n`;
  const { summary, heading, rows, oldest } = pageOf(report);
  const requests = oldest.length > 0 ? ['', OLDEST_HEADING, ...oldest] : [];
  return [...summary, '', heading, ...rows, ...requests, ''].join('\n');
}

/** What `gateway events [--socket PATH]` prints: what its log had of warnings and errors, as it stood there. */
export async function events(args: string[]): Promise<string> {
  const { values } = parseWords({ args, options: SOCKET_OPTION });
  return askForEvents(values.socket);
}

/** A report for a person, in 80 columns: what holds for all workers, and a line for each. */
export interface Page {
  readonly summary: readonly string[];
  readonly heading: string;
  readonly rows: readonly string[];
  /** The oldest requests in flight, of those that last for a while. */
  readonly oldest: readonly string[];
}

export function pageOf(report: Report): Page {
  const workers = report.workers.toSorted((one, other) => one.number - other.number);
  return {
    summary: summaryOf(report),
    heading: COLUMNS.map(([title, width]) => title.padStart(width)).join(''),
    rows: workers.map((worker) =>
      COLUMNS.map(([, width, cell]) => cell(worker).padStart(width)).join(''),
    ),
    oldest: oldestOf(workers),
  };
}

type Column = readonly [title: string, width: number, cell: (worker: WorkerReport) => string];

const COLUMNS: readonly Column[] = [
  ['WORKER', 6, ({ number }) => String(number)],
  ['PID', 8, ({ pid }) => String(pid)],
  ['STATE', 9, ({ state }) => state],
  ['AGE', 8, ({ ageSeconds }) => formatSeconds(ageSeconds)],
  ['BUSY', 7, ({ recent }) => formatShare(recent.busyRatio)],
  ['OPEN', 6, ({ requestsInFlight }) => String(requestsInFlight)],
  ['REQ/S', 6, ({ recent }) => formatRate(recent.requestsPerSecond)],
  ['P50', 7, ({ recent }) => formatMs(recent.p50Ms)],
  ['P99', 7, ({ recent }) => formatMs(recent.p99Ms)],
  ['DELAY', 7, ({ recent }) => formatMs(recent.loopDelayMs)],
  ['MEMORY', 8, ({ memoryBytes }) => formatBytes(memoryBytes)],
];

/** Above the lines of the oldest requests; what a client may make long comes last. */
export const OLDEST_HEADING = 'WORKER     AGE  REQUEST ID                        OLDEST REQUESTS';
const OLDEST_MAX = 5;
/** What is younger has ended before it is read. */
const OLD_SECONDS = 1;

function oldestOf(workers: readonly WorkerReport[]): string[] {
  return workers
    .flatMap(({ number, oldestRequests }) =>
      oldestRequests.map((request) => ({ number, ...request })),
    )
    .filter(({ seconds }) => seconds >= OLD_SECONDS)
    .toSorted((one, other) => other.seconds - one.seconds)
    .slice(0, OLDEST_MAX)
    .map(({ number, seconds, request_id: id, method, target, client_left: hasLeft }) => {
      const age = formatSeconds(seconds).padStart(8);
      const left = hasLeft ? '(client left) ' : '';
      return `${String(number).padStart(6)}${age}  ${id.padEnd(32)}  ${left}${method} ${target}`;
    });
}

function summaryOf(report: Report): string[] {
  const { recent, workers } = report;
  const ready = workers.filter(({ state }) => state === 'ready').length;
  const memory = formatBytes(sumOf(workers, 'memoryBytes'));
  const open = formatCount(sumOf(workers, 'requestsInFlight'));
  const connections = formatCount(sumOf(workers, 'connections'));
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

function answersOf({ answers }: Total): string {
  const counted = Object.entries(answers).filter(([, count]) => count > 0);
  return counted.map(([name, count]) => `${name} ${formatCount(count)}`).join(', ') || 'none yet';
}

function restartsOf({ restarts, lastRestart }: Report): string {
  if (lastRestart === undefined) return 'none';
  const { worker, reason, detail, secondsAgo } = lastRestart;
  const count = formatCount(sum(Object.values(restarts)));
  const what = `worker ${worker} ${WHAT_HAPPENED[reason]}${detail === '' ? '' : `: ${detail}`}`;
  return `${count}, the last ${formatSeconds(secondsAgo)} ago: ${what}`;
}

const WHAT_HAPPENED: Readonly<Record<RestartReason, string>> = {
  blocked: 'was blocked',
  died: 'died',
  failed: 'could not start',
  retired: 'retired',
  reload: 'made way on reload',
};

/** `42 s`, `7 min`, `3 h`, `12 d`. */
export function formatSeconds(seconds: number): string {
  if (seconds < MINUTE) return `${Math.floor(seconds)} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h`;
  return `${Math.floor(seconds / DAY)} d`;
}

/** `0.4 ms`, `35 ms`, `2.5 s`; `-` where there is none. */
export function formatMs(ms: number | undefined): string {
  if (ms === undefined) return '-';
  return ms < 999.5 ? `${short(ms)} ms` : `${short(ms / 1000)} s`;
}

/** `128 MiB`, `1.2 GiB`; `-` where it is not known yet. */
export function formatBytes(bytes: number): string {
  if (bytes === 0) return '-';
  const mebibytes = bytes / MEBIBYTE;
  return mebibytes < 1000 ? `${Math.round(mebibytes)} MiB` : `${short(mebibytes / 1024)} GiB`;
}

/** `0.4`, `35`, `12500`. */
export function formatRate(perSecond: number): string {
  return perSecond === 0 ? '0' : short(perSecond);
}

/** `1,234,567`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** `12 %`. */
export function formatShare(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function short(number: number): string {
  return number < 9.95 ? number.toFixed(1) : String(Math.round(number));
}
