import type { RestartReport } from './report.ts';

/** Why a worker was replaced. */
export type RestartReason =
  /** Its event loop, or its whole process, stood still for the timeout. */
  | 'blocked'
  /** It ended by itself, or was killed by somebody else. */
  | 'died'
  /** It could not start. */
  | 'failed'
  /** It reached max-requests, max-worker-memory or max-worker-lifetime. */
  | 'retired'
  /** HUP, USR2 or a changed source file. */
  | 'reload';

/** The replaced workers of a gateway. */
export class Restarts {
  readonly counts: Record<RestartReason, number> = {
    blocked: 0,
    died: 0,
    failed: 0,
    retired: 0,
    reload: 0,
  };
  #last: (Omit<RestartReport, 'secondsAgo'> & { readonly atMs: number }) | undefined;

  count(worker: number, reason: RestartReason, detail = ''): void {
    this.counts[reason] += 1;
    this.#last = { worker, reason, detail: asLine(detail), atMs: performance.now() };
  }

  get last(): RestartReport | undefined {
    if (this.#last === undefined) return undefined;
    const { atMs, ...restart } = this.#last;
    return { ...restart, secondsAgo: (performance.now() - atMs) / 1000 };
  }
}

/** An error's stack is left to the log; control characters would take effect in a terminal. */
function asLine(text: string): string {
  return text
    .split('\n', 1)
    .join('')
    .replaceAll(/\p{Cc}/gu, ' ');
}
