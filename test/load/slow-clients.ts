import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import type { BEGINNINGS } from './slow-beginnings.ts';

export interface SlowOptions {
  readonly port: number;
  readonly count: number;
  /** These take turns. */
  readonly beginnings: readonly (keyof typeof BEGINNINGS)[];
  /** Where they are: another address than that of others. */
  readonly localAddress?: string;
}

export interface Closings {
  /** How many connections the server has closed. */
  readonly closed: number;
  /** How many of them got a 408 before. */
  readonly answered: number;
  /** From the making of a connection to its end. */
  readonly longestMs: number;
}

/** Many clients that take their time, in a process of their own: `slow-clients-process.ts`. */
export class SlowClients {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown[]>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, 'message');
  }

  /** Resolves once all are connected. */
  static async connect(options: SlowOptions): Promise<SlowClients> {
    const { port, count, beginnings, localAddress = '127.0.0.1' } = options;
    const file = new URL('slow-clients-process.ts', import.meta.url);
    const child = fork(file, [String(port), String(count), localAddress, ...beginnings]);
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child, 'message');
    return new SlowClients(child);
  }

  /** Waits until the server has closed them all. */
  async closed(): Promise<Closings> {
    const [closings] = (await this.#ended) as [Closings];
    this.#child.disconnect();
    return closings;
  }
}
