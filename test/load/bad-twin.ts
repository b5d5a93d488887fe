import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { freePort } from '../../packages/wsgi/test/free-port.ts';

/** What a rolling restart loses without a polite drain: `bad-twin-process.ts`, as a child. */
export class BadTwin {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(): Promise<BadTwin> {
    const port = await freePort();
    const child = fork(new URL('bad-twin-process.ts', import.meta.url), [String(port)]);
    // Its workers end with it.
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child, 'message');
    return new BadTwin(child, port);
  }

  /** Replaces its workers one by one. */
  async reload(): Promise<void> {
    this.#child.send('reload');
    await once(this.#child, 'message');
  }
}
