import { execFile, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { beforeAll, beforeEach, inject } from 'vitest';
import { temporaryFolder } from '../../packages/wsgi/test/temporary-folder.ts';

type Service = 'app' | 'nginx' | 'static' | 'dev' | 'prometheus' | 'certbot' | 'pebble';

/** What `docker compose` reads: the project's name, the published address and so on. */
export type ComposeEnvironment = Readonly<Record<string, string>>;

declare module 'vitest' {
  interface ProvidedContext {
    stack: { readonly environment: ComposeEnvironment } | { readonly missing: string };
  }
}

/**
 * The running stack, for the tests of one file; where none could be started they are skipped.
 * `prepare` changes it for this file, and may return what undoes that.
 */
export function useStack(prepare?: (stack: Stack) => Promise<() => Promise<void>>): Stack {
  const provided = inject('stack');
  const stack = new Stack('environment' in provided ? provided.environment : {});

  beforeAll(async () => {
    if ('missing' in provided) return undefined;
    await stack.start();
    return prepare?.(stack);
  });
  beforeEach(({ skip }) => {
    if ('missing' in provided) skip(provided.missing);
  });
  return stack;
}

/** The stack of docker-compose.yml, by way of the `docker` command. */
export class Stack {
  readonly #environment: NodeJS.ProcessEnv;
  readonly url: string;
  readonly developmentUrl: string;
  readonly prometheusUrl: string;
  readonly port: number;
  /** Where there is TLS. */
  readonly httpsPort: number;

  constructor(environment: ComposeEnvironment) {
    this.#environment = { ...process.env, ...environment };
    this.url = `http://${environment['HTTP_PORT']}`;
    this.developmentUrl = `http://127.0.0.1:${environment['DEV_PORT']}`;
    this.prometheusUrl = `http://127.0.0.1:${environment['PROMETHEUS_PORT']}`;
    this.port = Number(new URL(this.url).port);
    this.httpsPort = Number(environment['HTTPS_PORT']?.split(':').at(-1));
  }

  get project(): string {
    return String(this.#environment['COMPOSE_PROJECT_NAME']);
  }

  /** The same stack, with other values in its environment. */
  with(environment: ComposeEnvironment): Stack {
    return new Stack({ ...(this.#environment as ComposeEnvironment), ...environment });
  }

  /** The same stack with more of its services, as a second file of Compose has it. */
  override(services: Readonly<Record<string, object>>, folder = temporaryFolder()): Stack {
    const file = join(folder, 'override.json');
    writeFileSync(file, JSON.stringify({ services }));
    return this.with({ COMPOSE_FILE: `docker-compose.yml:${file}` });
  }

  /** `docker compose …`, giving what it prints. */
  async compose(...words: string[]): Promise<string> {
    return this.docker('compose', ...words);
  }

  async docker(...words: string[]): Promise<string> {
    const options = { cwd: ROOT, env: this.#environment, maxBuffer: 64 * 1024 * 1024 };
    const { stdout } = await promisify(execFile)('docker', words, options);
    return stdout;
  }

  /** Starts what is not running, and returns when every service is healthy. */
  async start(...words: string[]): Promise<void> {
    await this.compose('up', '--detach', '--wait', '--no-build', ...words);
  }

  async remove(): Promise<void> {
    await this.compose('--profile', '*', 'down', '--volumes', '--remove-orphans', '--rmi', 'local');
    // Compose takes an image with a name of its own for somebody else's.
    await this.docker('rmi', '--force', `${this.project}-app`);
  }

  /** Runs a shell script inside a service's container. */
  async shell(service: Service, script: string): Promise<string> {
    return this.compose('exec', '--no-TTY', service, 'sh', '-c', script);
  }

  /** `docker inspect` of a service's container, with the shape that the caller knows it to have. */
  async inspect<Shape>(service: Service): Promise<Shape> {
    const id = (await this.compose('ps', '--all', '--quiet', service)).trim();
    const [container] = JSON.parse(await this.docker('inspect', id)) as [Shape];
    return container;
  }

  /** The address of a service on the network that it shares with the other. */
  async addressOf(service: Service): Promise<string> {
    const { NetworkSettings } = await this.inspect<{ NetworkSettings: NetworkSettings }>(service);
    const address = NetworkSettings.Networks[`${this.project}_internal`]?.IPAddress;
    if (!address) throw new Error(`The container of ${service} has no address.`);
    return address;
  }

  /** The JSON line that a service logs for a request, once it is there. */
  async accessLine(service: Service, requestId: string): Promise<Record<string, unknown>> {
    const words = ['compose', 'logs', '--follow', '--no-log-prefix', '--tail', '500', service];
    const logs = spawn('docker', words, { cwd: ROOT, env: this.#environment, timeout: 20_000 });
    try {
      for await (const line of createInterface({ input: logs.stdout })) {
        const entry = parseEntry(line);
        if (entry?.['request_id'] === requestId) return entry;
      }
    } finally {
      logs.kill();
    }
    throw new Error(`In 20 s ${service} logged no line for the request ${requestId}.`);
  }
}

interface NetworkSettings {
  readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>>;
}

const ROOT = join(import.meta.dirname, '../..');

function parseEntry(line: string): Record<string, unknown> | undefined {
  return line.startsWith('{') ? (JSON.parse(line) as Record<string, unknown>) : undefined;
}
