import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished, type TestContext } from 'vitest';
import { freePort } from '../../packages/wsgi/test/free-port.ts';
import { temporaryFolder } from '../../packages/wsgi/test/temporary-folder.ts';

const TEMPLATES = join(import.meta.dirname, '../../nginx');
const IMAGE = 'nginx:1.30';
/** The first that has `add_header_inherit`; `keepalive_min_timeout` is older. */
const OLDEST_VERSION = [1, 29, 3] as const;

/** The command that runs a recent nginx: on this machine, or else of the image. */
const nginx: ((folder: string) => string[]) | undefined = findNginx();

/** Skips a test where no nginx is to be had; a CI has to have one. */
export function needsFront({ skip }: TestContext): void {
  const isCi = process.env['CI'] === 'true';
  skip(nginx === undefined && !isCi, `needs nginx ${OLDEST_VERSION.join('.')}, or ${IMAGE}`);
}

/** A real nginx on the loopback interface, with the configuration of `nginx/`, before a gateway. */
export class Front {
  readonly port: number;
  /** One JSON line a request. */
  readonly accessLog: string;
  readonly #workers: number;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #lines: string[] = [];
  #wake = Promise.withResolvers<void>();

  private constructor(folder: string, port: number, workers: number) {
    if (nginx === undefined) throw new Error(`There is neither a recent nginx nor ${IMAGE}.`);
    this.port = port;
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

  /** With other values of its environment, where they are given. */
  static async start(gatewayPort: number, environment: Environment = {}): Promise<Front> {
    const folder = temporaryFolder();
    // nginx runs as another user.
    chmodSync(folder, 0o777);
    const port = await freePort();
    copyFileSync(join(TEMPLATES, 'unavailable.html'), join(folder, 'unavailable.html'));
    const values = { ...VALUES, ...environment };
    for (const name of ['nginx.conf', 'site.conf', 'upstream.conf', 'upstream-again.conf']) {
      writeFileSync(join(folder, name), render(name, values, folder, port, gatewayPort));
    }
    const front = new Front(folder, port, Number(values['NGINX_WORKER_PROCESSES']));
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

type Environment = Readonly<Record<string, string>>;

const VALUES: Environment = {
  NGINX_SERVER_NAMES: '~.',
  NGINX_WORKER_PROCESSES: '2',
  NGINX_WORKER_SHUTDOWN_TIMEOUT: '35s',
  NGINX_CLIENT_MAX_BODY_SIZE: '10m',
  NGINX_READ_TIMEOUT: '35s',
  NGINX_LIMITS: 'off',
  NGINX_REQUEST_RATE: '100r/s',
  NGINX_REQUEST_BURST: '200',
  NGINX_CONNECTION_LIMIT: '100',
  NGINX_UPLOAD_LIMIT: '8',
  NGINX_TRUSTED_PROXY: '127.0.0.1',
  NGINX_LOCAL_RESOLVERS: '127.0.0.1',
};

function findNginx(): ((folder: string) => string[]) | undefined {
  if (isRecent('nginx', ['-v'])) {
    return (folder) => ['nginx', '-e', 'stderr', '-c', `${folder}/nginx.conf`];
  }
  const docker = ['run', '--rm', '--network', 'host', '--user', '101:101', '--read-only'];
  if (!isRecent('docker', [...docker, IMAGE, 'nginx', '-v'])) return undefined;
  docker.push('--cap-drop', 'ALL');
  return (folder) => {
    const volume = `${folder}:${folder}`;
    return ['docker', ...docker, '--volume', volume, IMAGE, 'nginx', '-c', `${folder}/nginx.conf`];
  };
}

function isRecent(command: string, args: string[]): boolean {
  try {
    const text = execFileSync('sh', ['-c', '"$@" 2>&1', 'sh', command, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const found = /nginx\/(\d+)\.(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number) ?? [];
    const oldest = OLDEST_VERSION.findIndex((part, index) => part !== found[index]);
    return oldest === -1 || (found[oldest] ?? 0) > (OLDEST_VERSION[oldest] ?? 0);
  } catch {
    return false;
  }
}

/** The template as the container renders it, but for addresses, folders, and what the log is for. */
function render(
  name: string,
  values: Environment,
  folder: string,
  port: number,
  gatewayPort: number,
): string {
  return readFileSync(join(TEMPLATES, `${name}.template`), 'utf8')
    .replaceAll(/\$\{(NGINX_\w+)\}/g, (text, variable: string) => values[variable] ?? text)
    .replaceAll('/tmp/', `${folder}/`)
    .replaceAll('/srv/errors', folder)
    .replaceAll('/dev/stdout', `${folder}/access.log`)
    .replaceAll('/dev/stderr error', '/dev/stderr notice')
    .replaceAll('app:8000 resolve', `127.0.0.1:${gatewayPort}`)
    .replaceAll('listen 127.0.0.1:8081', `listen unix:${folder}/status.sock`)
    .replaceAll('listen 8080', `listen 127.0.0.1:${port}`);
}
