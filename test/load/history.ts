import { percentile } from './figures.ts';

export type Method = 'GET' | 'POST';

export type Outcome =
  /** Answered once, with its own id. */
  | 'ok'
  /** The connection ended before a whole answer had come. */
  | 'lost'
  /** The answer of another request, or one that nobody asked for. */
  | 'mismatched'
  /** No connection could be made. */
  | 'refused'
  /** A status other than 200. */
  | 'failed'
  /** No answer in time. */
  | 'hung';

/** One request, from the moment that its client wanted to send it. */
export interface Entry {
  readonly id: string;
  readonly method: Method;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly outcome: Outcome;
  readonly status: number;
}

/** What happened to every request of a load. */
export class History {
  readonly entries: Entry[] = [];

  add(entry: Entry): void {
    this.entries.push(entry);
  }

  /** Requests that did not get exactly their own answer. */
  get bad(): readonly Entry[] {
    return this.entries.filter(({ outcome }) => outcome !== 'ok');
  }

  /** How long the answers took that came, in milliseconds. */
  latencyMs(share: number): number {
    const answered = this.entries.filter(({ outcome }) => outcome === 'ok');
    const latencies = answered.map(({ startedAtMs, endedAtMs }) => endedAtMs - startedAtMs);
    return Math.round(percentile(latencies, share) * 10) / 10;
  }

  count(outcome: Outcome, method?: Method): number {
    return this.entries.filter(
      (entry) => entry.outcome === outcome && (method ?? entry.method) === entry.method,
    ).length;
  }

  /**
   * POST requests whose ids stand more than once among those that the application was called with.
   * A GET may be tried twice; a POST never.
   */
  repeatedPosts(ids: readonly string[]): string[] {
    const posts = new Set(
      this.entries.filter(({ method }) => method === 'POST').map(({ id }) => id),
    );
    const seen = new Set<string>();
    return ids.filter((id) => posts.has(id) && seen.size === seen.add(id).size);
  }

  get figures(): Record<string, number> {
    return {
      requests: this.entries.length,
      lost: this.count('lost'),
      mismatched: this.count('mismatched'),
      refused: this.count('refused'),
      failed: this.count('failed'),
      hung: this.count('hung'),
      'p50 ms': this.latencyMs(0.5),
      'p99 ms': this.latencyMs(0.99),
      'max ms': this.latencyMs(1),
    };
  }
}

/** The ids that the application was called with, as the gateway's access log has them. */
export function servedIds(access: readonly Record<string, unknown>[]): string[] {
  return access.flatMap(({ target }) => /^\/echo\/([^/]+)/.exec(String(target))?.[1] ?? []);
}
