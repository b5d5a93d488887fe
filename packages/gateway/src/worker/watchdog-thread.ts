import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { setTimeout } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import type { Log } from '../log/log.ts';
import { MAY_STAND_STILL, WITNESS, type Testimony, type WatchdogData } from './watchdog.ts';

/** How often the thread looks whether the arbiter is still there. */
const LOOK_MS = 500;
/** A process that was stopped and goes on gets so long to prove that it is well. */
const SECOND_CHANCE_MS = 250;
/** Code outside JavaScript cannot be paused; then there is no stack to tell. */
const TESTIMONY_MS = 500;
/** Where the machine is busy, JavaScript gets no turn to be paused in for so long. */
const BUSY_TESTIMONY_MS = 2000;

const { heartbeats, timeoutMs, arbiterPid, worker, log: logSettings } = workerData as WatchdogData;
const count = new Int32Array(heartbeats);

while (!isBlocked()) {
  // Looks again.
}
try {
  await tell();
} finally {
  process.kill(process.pid, 'SIGKILL');
}

/** Sleeps until the main thread has been silent for too long. */
function isBlocked(): boolean {
  const seen = Atomics.load(count, 0);
  for (let silentMs = 0; silentMs < timeoutMs; silentMs += LOOK_MS) {
    const waitMs = Math.min(LOOK_MS, timeoutMs - silentMs);
    if (Atomics.wait(count, 0, seen, waitMs) !== 'timed-out') return false;
    // A blocked worker would outlive its arbiter.
    if (process.ppid !== arbiterPid) process.kill(process.pid, 'SIGKILL');
  }
  const isSilent = Atomics.wait(count, 0, seen, SECOND_CHANCE_MS) === 'timed-out';
  return isSilent && Atomics.load(count, MAY_STAND_STILL) === 0;
}

/** Pauses the main thread where it is, and asks it there. */
async function testimony(): Promise<Testimony | undefined> {
  const session = new Session();
  session.connectToMainThread();
  const paused = once(session, 'Debugger.paused');
  session.post('Debugger.enable');
  session.post('Debugger.pause');
  let pause = await Promise.race([paused, setTimeout(TESTIMONY_MS)]);
  if (isRunnable()) pause ??= await Promise.race([paused, setTimeout(BUSY_TESTIMONY_MS)]);
  if (pause === undefined) return undefined;
  const [{ params }] = pause as [{ params: { callFrames: { callFrameId: string }[] } }];
  const callFrameId = params.callFrames[0]?.callFrameId ?? '';
  const expression = `globalThis[Symbol.for('${WITNESS}')]()`;
  return new Promise((resolve) => {
    session.post('Debugger.evaluateOnCallFrame', { callFrameId, expression }, (error, answer) => {
      const value: unknown = answer?.result.value;
      resolve(
        error === null && typeof value === 'string' ? (JSON.parse(value) as Testimony) : undefined,
      );
    });
  });
}

/** The main thread waits for nothing but its turn (proc(5), `stat`). */
function isRunnable(): boolean {
  const file = `/proc/self/task/${process.pid}/stat`;
  return existsSync(file) && / R /.test(readFileSync(file, 'latin1'));
}

async function tell(): Promise<void> {
  // Not needed before, and costly to hold for the whole life of a worker.
  const { openLog } = await import('../log/log.ts');
  const log = openLog(logSettings).child({ worker: worker.number });
  const what = `worker ${worker.number} is blocked for over ${timeoutMs / 1000} s`;
  try {
    tellPlace(log, what, await testimony());
  } catch (error) {
    // An application can change what a stack is, and what JSON makes of it.
    log.fatal({ err: error }, what);
  }
}

function tellPlace(log: Log, what: string, found: Testimony | undefined): void {
  if (found === undefined) {
    log.fatal(`${what}, outside JavaScript: in a synchronous call of the system or of an addon`);
    return;
  }
  const frames = found.stack.split('\n').filter(isOfInterest);
  const place = frames[0]?.trim() ?? 'an unknown place';
  log.fatal({ stack: frames.join('\n'), requests: found.requests }, `${what} ${place}`);
}

/** Frames of the blocked code: without Node's own, and without those that ask. */
function isOfInterest(frame: string): boolean {
  return /^\s+at /.test(frame) && !/node:internal|\bat eval |watchdog\.[jt]s/.test(frame);
}
