import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../packages/wsgi/test/free-port.ts';

const ROOT = join(import.meta.dirname, '../..');

/** The folders of the recipes; `project` has the files that several of them add to. */
export const RECIPES: readonly string[] = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** A clone of this repository with all recipes in it, and its stack. */
export class Kitchen {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;

  constructor(folder: string, environment: Readonly<Record<string, string>>) {
    this.folder = folder;
    this.environment = environment;
  }

  static async open(): Promise<Kitchen> {
    const folder = join(mkdtempSync(join(tmpdir(), 'recipes-')), 'project');
    await promisify(execFile)('git', ['clone', '--quiet', ROOT, folder]);
    for (const recipe of RECIPES) {
      cpSync(join(import.meta.dirname, recipe), folder, { recursive: true });
    }
    writeFileSync(join(folder, '../database_password'), 'the password of this test', {
      mode: 0o644,
    });
    const address = `127.0.0.1:${await freePort()}`;
    writeFileSync(join(folder, '.env'), variables(address));
    for (const file of OWN_SERVICES) cpSync(join(import.meta.dirname, file), join(folder, file));
    const files = readdirSync(folder).filter((name) => /^docker-compose\..*\.yml$/.test(name));
    return new Kitchen(folder, {
      COMPOSE_PROJECT_NAME: `recipes-${process.pid}`,
      COMPOSE_FILE: ['docker-compose.yml', ...files].join(':'),
      HTTP_PORT: address,
      TEST_DATABASE_PORT: String(await freePort()),
    });
  }

  async cook(): Promise<void> {
    const { dependencies, devDependencies } = JSON.parse(
      readFileSync(join(import.meta.dirname, 'package.json'), 'utf8'),
    ) as Record<'dependencies' | 'devDependencies', Record<string, string>>;
    const install = 'npm install --no-audit --no-fund --prefer-offline';
    await this.run(`${install} ${packages(dependencies)}`);
    await this.run(`${install} --save-dev ${packages(devDependencies)}`);
    await this.run(SET_JSX);
    await this.run('docker compose build app nginx');
    await this.run('docker compose up --detach --wait --scale work=2');
  }

  /** Runs a shell's command line in the clone, and gives what it prints. */
  async run(line: string, environment: Readonly<Record<string, string>> = {}): Promise<string> {
    const env = { ...process.env, ...this.environment, ...environment };
    const options = { cwd: this.folder, env, maxBuffer: 64 * 1024 * 1024 };
    try {
      const { stdout } = await promisify(execFile)('bash', ['-ec', line], options);
      return stdout;
    } catch (error) {
      const { stdout = '', stderr = '' } = error as Partial<Record<'stdout' | 'stderr', string>>;
      throw new Error(`${line} failed.\n${stdout}${stderr}`, { cause: error });
    }
  }

  ask(path: string, init?: RequestInit): Promise<Response> {
    return fetch(new URL(path, `http://${this.environment['HTTP_PORT']}`), init);
  }

  async close(): Promise<void> {
    await this.run("docker compose --profile '*' down --volumes --remove-orphans --rmi local");
    // Compose takes an image with a name of its own for somebody else's.
    await this.run(`docker rmi --force ${this.environment['COMPOSE_PROJECT_NAME']}-app`);
    rmSync(join(this.folder, '..'), { recursive: true, force: true });
  }
}

function variables(address: string): string {
  return `SUMMARY_CRON='* * * * *'
NGINX_WORKER_SHUTDOWN_TIMEOUT=5s
CORS_ORIGINS=https://app.example
SITE_URL=http://${address}
SECRET_KEY='${'the key of this test, '.repeat(3)}'
`;
}

/** What the tests alone start. */
const OWN_SERVICES = ['docker-compose.collector.yml', 'docker-compose.trouble.yml'];

/** As docs/recipes/jsx.md has it. */
const SET_JSX = `sed -i 's#"compilerOptions": {#&"jsx": "react-jsx", "jsxImportSource": "hono/jsx",#' tsconfig.json`;

function packages(versions: Readonly<Record<string, string>>): string {
  return Object.entries(versions)
    .map(([name, version]) => `${name}@${version}`)
    .join(' ');
}
