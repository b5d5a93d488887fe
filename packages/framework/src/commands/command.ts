import type { Awaitable } from '@wsgi/wsgi';

/** What `manage NAME` runs. */
export interface Command {
  readonly name: string;
  /** The arguments as help shows them: `[addr:port]`. */
  readonly usage: string;
  /** One line. */
  readonly summary: string;
  /** Gives the exit code. */
  run(args: readonly string[]): Awaitable<number>;
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function printError(line: string): void {
  process.stderr.write(`${line}\n`);
}
