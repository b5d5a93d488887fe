import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { CHILD_ENVIRONMENT } from '../../wsgi/test/child-environment.ts';

const CLI = join(import.meta.dirname, '../src/cli.ts');
export const APPLICATIONS: string = join(import.meta.dirname, 'applications');

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** One that serves, at that port. */
export type Running = GatewayProcess & { readonly port: number };

/** The words of a command that runs another one, given behind them. */
export type Through = readonly [string, ...string[]];

/** The gateway's command as a real process, bound to a free port of the loopback interface. */
export class GatewayProcess {
  readonly child: ChildProcess;
  readonly log: LogLine[] = [];
  readonly access: Record<string, unknown>[] = [];
  /** What stands on standard error and is no JSON. */
  errorText = '';
  outputText = '';
  readonly exited: Promise<number | null>;
  #wake = Promise.withResolvers<void>();

  constructor(
    args: readonly string[],
    environment: NodeJS.ProcessEnv = {},
    cwd?: string,
    options: Pick<SpawnOptions, 'detached' | 'stdio'> = {},
    through: Through | [] = [],
  ) {
    const [command, ...words] = [...through, process.execPath, CLI, ...args] as const;
    this.child = spawn(command, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
      env: { ...CHILD_ENVIRONMENT, ...environment },
      ...(cwd === undefined ? {} : { cwd }),
    });
    this.#readLines('stdout');
    this.#readLines('stderr');
    this.exited = once(this.child, 'close').then(([code]) => {
      this.#wake.resolve();
      return code as number | null;
    });
    onTestFinished(() => this.kill());
  }

  /** Starts it, and waits until all workers are ready. */
  static async start(application: string, ...args: string[]): Promise<Running> {
    return GatewayProcess.startIn({}, application, ...args);
  }

  /** The same, with a single worker. */
  static async startOne(application: string, ...args: string[]): Promise<Running> {
    return GatewayProcess.start(application, '--workers', '1', ...args);
  }

  /** Starts it in an environment that has more than PATH. */
  static async startIn(
    environment: NodeJS.ProcessEnv,
    application: string,
    ...args: string[]
  ): Promise<Running> {
    const gateway = new GatewayProcess(
      ['--bind', '127.0.0.1:0', '--workers', '2', ...args, resolve(APPLICATIONS, application)],
      environment,
    );
    const workers = Number(args[args.indexOf('--workers') + 1] ?? 2) || 2;
    return gateway.untilReady(workers);
  }

  /** Starts it with a single worker, and its standard output in a file. */
  static async startInto(file: string, application: string, ...args: string[]): Promise<Running> {
    const output = openSync(file, 'a');
    const gateway = new GatewayProcess(
      ['--bind', '127.0.0.1:0', '--workers', '1', ...args, resolve(APPLICATIONS, application)],
      {},
      undefined,
      { stdio: ['ignore', output, 'pipe'] },
    );
    closeSync(output);
    return gateway.untilReady(1);
  }

  /** Waits until so many workers are ready. */
  async untilReady(workers: number): Promise<Running> {
    const line = await this.line(/serving .* at http/);
    const port = Number(/:(\d+)/.exec(line.msg.replace(/.* at /, ''))?.[1]);
    await this.lines(/is ready/, workers);
    return Object.assign(this, { port });
  }

  /** Of all workers that have been ready, in that order. */
  get workerPids(): number[] {
    return this.log.flatMap(({ msg }) => Number(/is ready \(pid (\d+)/.exec(msg)?.[1]) || []);
  }

  /** The first line of the log that matches; waits for it. */
  async line(pattern: RegExp): Promise<LogLine> {
    const [line] = await this.lines(pattern, 1);
    if (line === undefined) throw new Error('no line');
    return line;
  }

  /** So many lines that match; waits for them. */
  lines(pattern: RegExp, count: number): Promise<LogLine[]> {
    return this.#until(pattern, count, () => this.log.filter(({ msg }) => pattern.test(msg)));
  }

  /** Waits until the application has printed so many lines that match. */
  async printed(pattern: RegExp, count = 1): Promise<void> {
    const lines = () => this.outputText.split('\n').filter((line) => pattern.test(line));
    await this.#until(pattern, count, lines);
  }

  async #until<Line>(pattern: RegExp, count: number, find: () => Line[]): Promise<Line[]> {
    for (;;) {
      const found = find();
      if (found.length >= count) return found;
      const { exitCode, signalCode } = this.child;
      if (exitCode !== null || signalCode !== null) {
        throw new Error(
          `exited with ${exitCode ?? signalCode} before ${pattern}: ${this.errorText}${JSON.stringify(this.log)}`,
        );
      }
      await this.#wake.promise;
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  #readLines(name: 'stdout' | 'stderr'): void {
    const stream = this.child[name];
    if (stream === null) return;
    createInterface({ input: stream }).on('line', (text) => {
      const line = parse(text);
      if (line?.['logger'] === 'access') this.access.push(line);
      else if (line !== undefined) this.log.push(line as LogLine);
      else if (name === 'stderr') this.errorText += `${text}\n`;
      else this.outputText += `${text}\n`;
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    });
  }
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
