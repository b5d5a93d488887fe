import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONTESTANTS, GUNICORN, workRows, type Contestant, type Running } from './contestants.ts';
import { frontContestants } from './fronts.ts';
import { measure, type Slice } from './measure.ts';
import { frontTable, table, workTable, type Result } from './report.ts';

const FIRST_PORT = 9300;
/** How well V8 compiles a program is chance to a few percent: each contestant starts several times. */
const STARTS = Number(process.env['STARTS'] ?? 3);
const WARM_UP_SECONDS = 6;
const SLICE_SECONDS = 2;
/** Each contestant gets one slice a round, so that all meet the same weather. */
const ROUNDS = 3;

/** What can be asked for by name, as in `npm run bench -- fronts`; each is a table, and a run of its own. */
const PARTS: Readonly<Record<string, () => Promise<string>>> = {
  servers: async () => {
    const contestants = hasPeers() ? [...CONTESTANTS, GUNICORN] : CONTESTANTS;
    return table(resultsOf(contestants, await competition(contestants)));
  },
  work: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-work-'));
    process.on('exit', () => rmSync(folder, { recursive: true }));
    const rows = workRows(folder);
    return workTable(rows, await competition(rows.flatMap(({ own, peers }) => [own, ...peers])));
  },
  fronts: async () => {
    const contestants = frontContestants();
    return frontTable(resultsOf(contestants, await competition(contestants)));
  },
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) {
  throw new Error(`${unknown.join(', ')}: the parts are ${Object.keys(PARTS).join(', ')}.`);
}
process.stdout.write(
  `${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}; the medians of ${STARTS} × ${ROUNDS} slices of ${SLICE_SECONDS} s.\n`,
);
for (const [name, part] of Object.entries(PARTS)) {
  if (asked.length === 0 || asked.includes(name)) process.stdout.write(`\n${await part()}`);
}

type Slices = ReadonlyMap<Contestant, readonly Slice[]>;

function resultsOf(contestants: readonly Contestant[], slices: Slices): Result[] {
  return contestants.map((contestant) => ({ contestant, slices: slices.get(contestant) ?? [] }));
}

async function competition(contestants: readonly Contestant[]): Promise<Slices> {
  const slices = new Map<Contestant, Slice[]>(contestants.map((contestant) => [contestant, []]));
  for (let start = 0; start < STARTS; start++) {
    await compete(contestants, FIRST_PORT + start * contestants.length, slices);
  }
  return slices;
}

async function compete(
  contestants: readonly Contestant[],
  firstPort: number,
  slices: ReadonlyMap<Contestant, Slice[]>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  // nginx is another user.
  chmodSync(folder, 0o755);
  const running: { contestant: Contestant; server: Running; port: number }[] = [];
  try {
    for (const [index, contestant] of contestants.entries()) {
      const port = firstPort + index;
      const server = await contestant.start(port, join(folder, `${port}.log`));
      running.push({ contestant, server, port });
      await measure(port, contestant.load, server.pids, WARM_UP_SECONDS);
    }
    for (let round = 0; round < ROUNDS; round++) {
      for (const { contestant, server, port } of running) {
        const { load } = contestant;
        slices.get(contestant)?.push(await measure(port, load, server.pids, SLICE_SECONDS));
      }
    }
  } finally {
    for (const { server } of running) server.stop();
    // Their logs are hundreds of megabytes.
    rmSync(folder, { recursive: true, force: true });
  }
}

function hasPeers(): boolean {
  try {
    execFileSync('docker', ['image', 'inspect', 'peers:latest'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
