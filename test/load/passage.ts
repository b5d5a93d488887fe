import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import {
  LIMITS,
  parseRequests,
  type Outcome,
} from '../../packages/gateway/test/protocols/parse-requests.ts';
import { bytesOf, CORPUS } from '../../packages/gateway/test/protocols/request-corpus.ts';
import { Front } from './front.ts';
import { Recorder } from './recorder.ts';

/** One case of the corpus, as it went through nginx. */
export interface Passage {
  readonly name: string;
  /** What the gateway makes of the client's own bytes. */
  readonly direct: Outcome;
  /** What the gateway makes of each connection of nginx. */
  readonly forwarded: readonly Outcome[];
  /** Requests that nginx says it forwarded. */
  readonly loggedCount: number;
}

const QUIET_MS = 500;

/** Sends the whole corpus at once. Each case has an address of its own, by which it is known behind nginx. */
export async function passCorpus(): Promise<Passage[]> {
  const recorder = await Recorder.start();
  const front = await Front.start(recorder.port);
  const clients = CORPUS.map((each, index) => send(front.port, addressOf(index), bytesOf(each)));
  await untilQuiet(() => recorder.byteCount);
  for (const { socket } of clients) socket.end();
  await Promise.all(clients.map(({ closed }) => closed));
  const forwarded = recorder.outcomes();
  const logged = loggedCounts(front.accessLog);
  return CORPUS.map((each, index) => ({
    name: `${each.group}: ${each.name}`,
    direct: parseRequests([bytesOf(each)], LIMITS),
    forwarded: forwarded.get(addressOf(index)) ?? [],
    loggedCount: logged.get(addressOf(index)) ?? 0,
  }));
}

function addressOf(index: number): string {
  return `127.1.${index >> 8}.${index & 0xff}`;
}

function send(port: number, localAddress: string, bytes: Buffer) {
  const socket: Socket = connect({ host: '127.0.0.1', port, localAddress, allowHalfOpen: true });
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  socket.once('close', () => resolve());
  socket.once('end', () => socket.end());
  // nginx may close while it is still being written to.
  socket.on('error', () => socket.destroy());
  socket.resume().write(bytes);
  return { socket, closed };
}

/** To nginx a client that ends has gone away: it may not end before nginx has forwarded all it will. */
async function untilQuiet(count: () => number): Promise<void> {
  let before = -1;
  while (before !== count()) {
    before = count();
    await setTimeout(QUIET_MS);
  }
}

/** A request that was tried again has several addresses. */
function loggedCounts(accessLog: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of readFileSync(accessLog, 'latin1').split('\n').slice(0, -1)) {
    const entry = JSON.parse(line) as { remote_addr: string; upstream_addr: string };
    const count = entry.upstream_addr === '' ? 0 : entry.upstream_addr.split(/, | : /).length;
    counts.set(entry.remote_addr, (counts.get(entry.remote_addr) ?? 0) + count);
  }
  return counts;
}
