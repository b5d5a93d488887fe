import type { Profiler } from 'node:inspector/promises';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { getHeapSnapshot } from 'node:v8';
import { messageOf } from '../errors.ts';
import { END_OF_FILE, orderIn, type Inspection } from '../messages.ts';
import type { Log } from '../log/log.ts';
import { profileOfSources, snapshotOfSources } from './source-names.ts';

/** Does what blocks the event loop on purpose. */
export type StandStill = <Result>(act: () => Result) => Result;

/**
 * Answers `gateway profile` and `gateway heap` on the connections that the arbiter hands over: what a
 * client takes slowly waits here, and nothing of it in the arbiter.
 */
export function heedInspections(log: Log, standStill: StandStill): void {
  process.on('message', (received: unknown, client: unknown) => {
    const order = orderIn(received);
    if (!(client instanceof Socket) || (order?.kind !== 'profile' && order?.kind !== 'heap'))
      return;
    void answer(client, order, log, standStill);
  });
}

async function answer(
  client: Socket,
  inspection: Inspection,
  log: Log,
  standStill: StandStill,
): Promise<void> {
  const hasLeft = new AbortController();
  client.on('error', () => client.destroy());
  client.on('close', () => hasLeft.abort());
  // Nothing more is to come, but for the end.
  client.resume();
  try {
    const file =
      inspection.kind === 'profile'
        ? [await takeProfile(inspection.seconds, log, hasLeft.signal)]
        : snapshotOfSources(takeSnapshot(log, standStill));
    await pipeline(file, client, { end: false, signal: hasLeft.signal });
    client.end(END_OF_FILE);
  } catch (error) {
    if (client.destroyed) log.info(`${inspection.kind} given up: its client has left`);
    else client.end(END_OF_FILE + messageOf(error));
  }
}

async function takeProfile(seconds: number, log: Log, hasLeft: AbortSignal): Promise<string> {
  // Imported where it is wanted, by few workers.
  const { Session } = await import('node:inspector/promises');
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
    log.info(`profile of ${seconds} s begins`);
    await setTimeout(seconds * 1000, undefined, { signal: hasLeft });
    const { profile }: Profiler.StopReturnType = await session.post('Profiler.stop');
    return JSON.stringify(profileOfSources(profile));
  } finally {
    session.disconnect();
  }
}

/** V8 makes a snapshot, and the text of it, at one go; the text then leaves in pieces. */
function takeSnapshot(log: Log, standStill: StandStill): Readable {
  const begunAtMs = performance.now();
  const text = standStill(() => {
    const snapshot = getHeapSnapshot();
    snapshot.read(0);
    return snapshot;
  });
  const tookMs = Math.round(performance.now() - begunAtMs);
  log.info(`heap snapshot taken: the event loop stood still for ${tookMs} ms`);
  return text;
}
