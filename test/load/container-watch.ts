import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { Container } from '../e2e/hardened.ts';

/** Looks at each container of a project in the moment that it is made, as some are soon gone. */
export class ContainerWatch {
  readonly containers: Container[] = [];
  /** Names of those that were gone before they were looked at. */
  readonly missed: string[] = [];
  readonly #events: ChildProcess;
  readonly #looks: Promise<void>[] = [];
  readonly #ended: Promise<unknown>;

  /** @param project what the names of its containers begin with. */
  constructor(project: string) {
    const format = '{{.Actor.ID}} {{.Actor.Attributes.name}}';
    const filters = ['--filter', 'type=container', '--filter', 'event=create'];
    // With a time, those are told of too that are made before the engine listens to us.
    const since = ['--since', String(Math.floor(Date.now() / 1000))];
    const words = ['events', ...since, ...filters, '--format', format];
    const events = spawn('docker', words, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#events = events;
    const lines = createInterface({ input: events.stdout });
    this.#ended = once(lines, 'close');
    lines.on('line', (line) => {
      const [id = '', name = ''] = line.split(' ');
      if (name.startsWith(`${project}-`)) this.#looks.push(this.#look(id, name));
    });
  }

  async stop(): Promise<void> {
    this.#events.kill();
    await this.#ended;
    await Promise.all(this.#looks);
  }

  async #look(id: string, name: string): Promise<void> {
    try {
      const { stdout } = await promisify(execFile)('docker', ['inspect', id]);
      this.containers.push(...(JSON.parse(stdout) as Container[]));
    } catch {
      this.missed.push(name);
    }
  }
}
