import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONTESTANTS, GUNICORN, type Contestant, type Running } from './contestants.ts';
import { measure, type Slice } from './measure.ts';
import { page, table, type Result } from './report.ts';

const FIRST_PORT = 9300;
const WARM_UP_SECONDS = 6;
const SLICE_SECONDS = 2;
/** Each contestant gets one slice a round, so that all meet the same weather. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 7);

const contestants = hasPeers() ? [...CONTESTANTS, GUNICORN] : CONTESTANTS;
const results = await compete(contestants);
const facts = {
  machine: `${cpus().length} × ${cpus()[0]?.model}`,
  node: process.version,
  rounds: ROUNDS,
  sliceSeconds: SLICE_SECONDS,
};
writeFileSync(join(import.meta.dirname, '../../docs/benchmarks.md'), page(results, facts));
process.stdout.write(table(results));

async function compete(all: readonly Contestant[]): Promise<Result[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const running: { contestant: Contestant; server: Running; url: string; slices: Slice[] }[] = [];
  try {
    for (const [index, contestant] of all.entries()) {
      const port = FIRST_PORT + index;
      const server = await contestant.start(port, join(folder, `${index}.log`));
      const url = `http://127.0.0.1:${port}${contestant.path}`;
      running.push({ contestant, server, url, slices: [] });
      await measure(url, server.pid, WARM_UP_SECONDS);
    }
    for (let round = 0; round < ROUNDS; round++) {
      for (const { server, url, slices } of running) {
        slices.push(await measure(url, server.pid, SLICE_SECONDS));
      }
    }
    return running.map(({ contestant, slices }) => ({ contestant, slices }));
  } finally {
    for (const { server } of running) server.stop();
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
