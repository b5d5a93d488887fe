/** What an arbiter heeds. */
export const SIGNALS = [
  'SIGTERM',
  'SIGINT',
  'SIGQUIT',
  'SIGHUP',
  'SIGUSR1',
  'SIGUSR2',
  'SIGTTIN',
  'SIGTTOU',
  'SIGWINCH',
] as const;

export type ArbiterSignal = (typeof SIGNALS)[number];

/** Each ends the gateway, politely or at once. */
export const ENDING_SIGNALS: ReadonlySet<ArbiterSignal> = new Set(['SIGTERM', 'SIGINT', 'SIGQUIT']);

/**
 * Until an arbiter heeds signals, what ends the gateway ends it at once, and nothing else does. To be
 * called first of all: without a handler a process dies of HUP, stops by TTIN, opens its inspector on
 * USR1, and as PID 1 does not hear TERM.
 */
export function guardStart(): void {
  for (const signal of SIGNALS) process.on(signal, onEarlySignal);
}

export function endGuard(): void {
  for (const signal of SIGNALS) process.off(signal, onEarlySignal);
}

function onEarlySignal(signal: NodeJS.Signals): void {
  if (ENDING_SIGNALS.has(signal as ArbiterSignal)) process.exit(0);
}
