import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONTESTANTS, GUNICORN, workRows, type Contestant, type Running } from './contestants.ts';
import { measure, type Slice } from './measure.ts';
import { table, workTable, type Result } from './report.ts';

const FIRST_PORT = 9300;
/** How well V8 compiles a program is chance to a few percent: each contestant starts several times. */
const STARTS = Number(process.env['STARTS'] ?? 3);
const WARM_UP_SECONDS = 6;
const SLICE_SECONDS = 2;
/** Each contestant gets one slice a round, so that all meet the same weather. */
const ROUNDS = 3;

const work = mkdtempSync(join(tmpdir(), 'bench-work-'));
process.on('exit', () => rmSync(work, { recursive: true }));
const rows = workRows(work);
const plain = hasPeers() ? [...CONTESTANTS, GUNICORN] : CONTESTANTS;
const contestants = [...plain, ...rows.flatMap(({ own, peers }) => [own, ...peers])];
const slices = new Map<Contestant, Slice[]>(contestants.map((contestant) => [contestant, []]));
for (let start = 0; start < STARTS; start++) {
  await compete(FIRST_PORT + start * contestants.length);
}
const results: Result[] = plain.map((contestant) => ({
  contestant,
  slices: slices.get(contestant) ?? [],
}));
process.stdout.write(
  `${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}; the medians of ${STARTS} × ${ROUNDS} slices of ${SLICE_SECONDS} s.\n\n${table(results)}\n${workTable(rows, slices)}`,
);

async function compete(firstPort: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const running: { contestant: Contestant; server: Running; port: number }[] = [];
  try {
    for (const [index, contestant] of contestants.entries()) {
      const port = firstPort + index;
      const server = await contestant.start(port, join(folder, `${port}.log`));
      running.push({ contestant, server, port });
      await measure(port, contestant.load, server.pid, WARM_UP_SECONDS);
    }
    for (let round = 0; round < ROUNDS; round++) {
      for (const { contestant, server, port } of running) {
        const { load } = contestant;
        slices.get(contestant)?.push(await measure(port, load, server.pid, SLICE_SECONDS));
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
