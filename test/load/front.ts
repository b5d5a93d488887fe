import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished, type TestContext } from 'vitest';
import { freePort } from '../../packages/wsgi/test/free-port.ts';
import { temporaryFolder } from '../../packages/wsgi/test/temporary-folder.ts';
import {
  renderFront,
  workersOf,
  type FrontEnvironment,
  type Ports,
} from './front-configuration.ts';
import { IMAGE, nginxCommand, OLDEST_VERSION } from './nginx.ts';

/** The command that runs a recent nginx, if one is to be had. */
const nginx = nginxCommand();

/** Skips a test where no nginx is to be had; a CI has to have one. */
export function needsFront({ skip }: TestContext): void {
  const isCi = process.env['CI'] === 'true';
  skip(nginx === undefined && !isCi, `needs nginx ${OLDEST_VERSION.join('.')}, or ${IMAGE}`);
}

/** A real nginx on the loopback interface, with the configuration of `nginx/`, before a gateway. */
export class Front {
  readonly port: number;
  /** Where there is TLS. */
  readonly httpsPort: number;
  /** One JSON line a request. */
  readonly accessLog: string;
  readonly #workers: number;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #lines: string[] = [];
  #wake = Promise.withResolvers<void>();

  private constructor(folder: string, ports: Ports, workers: number) {
    if (nginx === undefined) throw new Error(`There is neither a recent nginx nor ${IMAGE}.`);
    this.port = ports.http;
    this.httpsPort = ports.https;
    this.#workers = workers;
    this.accessLog = join(folder, 'access.log');
    const [command = '', ...args] = nginx(folder);
    this.#child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    if (this.#child.stderr === null) throw new Error('no standard error');
    createInterface({ input: this.#child.stderr }).on('line', (line) => {
      this.#lines.push(line);
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    });
    this.#exited = once(this.#child, 'exit').finally(() => this.#wake.resolve());
    onTestFinished(() => this.#stop());
  }

  /** With other values than those of the containers, where they are given. */
  static async start(gatewayPort: number, environment: FrontEnvironment = {}): Promise<Front> {
    const folder = temporaryFolder();
    // nginx runs as another user.
    chmodSync(folder, 0o777);
    const ports = { http: await freePort(), https: await freePort(), gateway: gatewayPort };
    renderFront(folder, ports, environment);
    const front = new Front(folder, ports, workersOf(environment));
    await front.#lineCount(/start worker process \d+/, front.#workers);
    return front;
  }

  /** Has nginx read its configuration again, and waits until the new workers are there. */
  async reload(): Promise<void> {
    const started = this.#count(/start worker process \d+/);
    this.#child.kill('SIGHUP');
    await this.#lineCount(/start worker process \d+/, started + this.#workers);
  }

  #count(pattern: RegExp): number {
    return this.#lines.filter((line) => pattern.test(line)).length;
  }

  async #lineCount(pattern: RegExp, count: number): Promise<void> {
    while (this.#count(pattern) < count) {
      if (this.#child.exitCode !== null) throw new Error(this.#lines.join('\n'));
      await this.#wake.promise;
    }
  }

  async #stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#exited;
  }
}
