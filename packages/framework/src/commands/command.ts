import type { Awaitable } from '@wsgi/wsgi';

/** What `manage NAME` runs. */
export interface Command {
  readonly name: string;
  /** The arguments as help shows them: `[addr:port]`. */
  readonly usage: string;
  /** One line. */
  readonly summary: string;
  /** Gives the exit code. Where the command is the project's own, the settings are loaded and their LIFESPAN has begun. */
  run(args: readonly string[]): Awaitable<number>;
}

/** Writes a line to standard output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Writes a line to standard error. */
export function printError(line: string): void {
  process.stderr.write(`${line}\n`);
}
