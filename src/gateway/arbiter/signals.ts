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
