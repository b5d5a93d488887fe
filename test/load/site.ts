import { execFile, execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../packages/wsgi/test/free-port.ts';
import type { Entry } from './history.ts';

const ROOT = join(import.meta.dirname, '../..');
const NOT_COPIED = new Set(['.git', '.env', 'dist', 'staticfiles']);

/** Where the application writes down what it is called with: the logs of a container go with it. */
const OVERRIDE = `services: { app: { volumes: ['served:/srv/store'] } }\nvolumes: { served: }\n`;

export interface Finished {
  readonly code: number;
  /** What it printed, errors included. */
  readonly output: string;
}

/** A copy of this project, whose application is the load's echo, and its stack under a name of its own. */
export class Site {
  readonly port: number;
  readonly project: string;
  readonly folder: string;
  readonly #environment: NodeJS.ProcessEnv;

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
    this.project = basename(folder).toLowerCase();
    this.#environment = {
      ...process.env,
      COMPOSE_PROJECT_NAME: this.project,
      HTTP_PORT: `127.0.0.1:${port}`,
      APP_CPUS: String(Math.min(2, availableParallelism())),
      NGINX_CPUS: String(Math.min(2, availableParallelism())),
      NGINX_LIMITS: 'off',
      NGINX_WORKER_PROCESSES: '2',
    };
  }

  static async create(): Promise<Site> {
    const folder = mkdtempSync(join(tmpdir(), 'release-'));
    cpSync(ROOT, folder, {
      recursive: true,
      filter: (source) =>
        !NOT_COPIED.has(relative(ROOT, source)) && basename(source) !== 'node_modules',
    });
    const site = new Site(folder, await freePort());
    writeFileSync(join(folder, 'docker-compose.override.yml'), OVERRIDE);
    site.write('0');
    return site;
  }

  /** Changes code and CSS: what it answers names its version, and is of that length. */
  write(version: string, isBroken = false): void {
    const views = join(this.folder, 'src/myproject');
    writeFileSync(
      join(views, 'urls.ts'),
      `import { appendFileSync } from 'node:fs';
import { type HttpRequest, HttpResponse, path, registerHealthCheck, staticUrl, type UrlPattern } from '@wsgi/framework';
${isBroken ? "if (process.env['NODE_ENV'] === 'production') throw new Error('This release is broken.');" : ''}
registerHealthCheck('database', () => ${version !== 'unready'});
async function echo(request: HttpRequest, { id }: { id: string }): Promise<HttpResponse> {
  appendFileSync('/srv/store/ids', id + '\\n');
  return new HttpResponse(\`\${request.method} \${id} \${await request.text()}\`);
}
const page = (): HttpResponse => new HttpResponse(\`${version} \${staticUrl('welcome.css')}\`);
export const urlpatterns: UrlPattern[] = [path('', page), path('echo/<str:id>', echo)];
`,
    );
    writeFileSync(join(views, 'static/welcome.css'), `:root { --version: '${version}'; }\n`);
  }

  /** The version that answers, and the path of its style sheet. */
  async page(): Promise<{ version: string; sheet: string }> {
    const response = await this.get('/');
    const [version = '', sheet = ''] = (await response.text()).split(' ');
    return { version, sheet };
  }

  get(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.port}${path}`);
  }

  async release(environment: NodeJS.ProcessEnv = {}, ...words: string[]): Promise<Finished> {
    return this.run(environment, 'deploy/release', ...words);
  }

  /** Runs a command in the copy, whatever comes of it. */
  async run(
    environment: NodeJS.ProcessEnv,
    command: string,
    ...words: string[]
  ): Promise<Finished> {
    const child = spawn(command, words, this.#options(environment));
    let output = '';
    child.stdout.on('data', (piece) => (output += String(piece)));
    child.stderr.on('data', (piece) => (output += String(piece)));
    const { promise, resolve } = Promise.withResolvers<number>();
    child.on('close', (code) => resolve(code ?? -1));
    return { code: await promise, output };
  }

  async docker(...words: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)('docker', words, {
      ...this.#options(),
      maxBuffer: 2 ** 28,
    });
    return stdout.trim();
  }

  compose(...words: string[]): Promise<string> {
    return this.docker('compose', ...words);
  }

  /** The containers of the application that run. */
  async replicas(): Promise<string[]> {
    return (await this.compose('ps', '--quiet', 'app')).split('\n').filter((id) => id !== '');
  }

  /** The ids that the application was called with, in all containers that it ever had. */
  async servedIds(): Promise<string[]> {
    const volume = `${this.project}_served:/srv/store:ro`;
    const image = `${this.project}-app`;
    const text = await this.docker(
      'run',
      '--rm',
      '--volume',
      volume,
      image,
      'cat',
      '/srv/store/ids',
    );
    return text.split('\n');
  }

  /** What nginx says of these requests, in its access log and in that of errors. */
  async saidOf(entries: readonly Entry[]): Promise<string> {
    if (entries.length === 0) return '';
    const targets = entries.map(({ id }) => new RegExp(`/echo/${id}\\b`));
    const lines = (await this.compose('logs', '--no-log-prefix', 'nginx')).split('\n');
    return lines.filter((line) => targets.some((target) => target.test(line))).join('\n');
  }

  async remove(): Promise<void> {
    await this.compose('down', '--volumes', '--remove-orphans', '--rmi', 'all', '--timeout', '1');
    await this.run(
      {},
      'docker',
      'rmi',
      `${this.project}-app:former`,
      `${this.project}-nginx:former`,
    );
    rmSync(this.folder, { recursive: true, force: true });
  }

  #options(environment: NodeJS.ProcessEnv = {}) {
    return { cwd: this.folder, env: { ...this.#environment, ...environment } };
  }
}

/** Why the tests cannot run; in CI they have to. */
export function missingEngine(): string | undefined {
  if (process.env['CI'] === 'true') return undefined;
  try {
    execFileSync('docker', ['info'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'needs a Docker engine';
  }
}
