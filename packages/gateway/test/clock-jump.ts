/**
 * Loaded before a program, lets its wall clock jump: an hour forward, then two back. What is
 * monotonic (`performance.now`, timers, `Atomics.wait`) goes on as before, as the system's does.
 */
const HOUR_MS = 3_600_000;
const JUMPS: readonly (readonly [afterMs: number, offsetMs: number])[] = [
  [1500, HOUR_MS],
  [3500, -HOUR_MS],
];

const realNow = Date.now;
let offsetMs = 0;
for (const [afterMs, newOffsetMs] of JUMPS) {
  setTimeout(() => (offsetMs = newOffsetMs), afterMs).unref();
}
Date.now = () => realNow() + offsetMs;
globalThis.Date = new Proxy(Date, {
  construct: (target, args: [] | [number]) =>
    args.length === 0 ? new target(Date.now()) : new target(...args),
});
