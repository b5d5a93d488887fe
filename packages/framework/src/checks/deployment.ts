import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { findGateway } from '../gateway-command.ts';
import { readNginxFolder, type Directive } from './nginx-directives.ts';

/** What of `docker compose config` is looked at. */
export interface Service {
  readonly build?: {
    readonly context: string;
    readonly dockerfile: string;
    readonly target?: string;
  };
  readonly command?: readonly string[] | null;
  readonly cpus?: number;
  readonly deploy?: { readonly replicas?: number };
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly mem_limit?: string;
  readonly networks?: Readonly<Record<string, unknown>>;
  readonly ports?: readonly object[];
  readonly scale?: number;
  readonly secrets?: readonly { readonly source: string; readonly target?: string }[];
  readonly stop_grace_period?: string;
  readonly tmpfs?: readonly string[];
  readonly user?: string;
  readonly volumes?: readonly { readonly source?: string; readonly target: string }[];
}

interface Network {
  readonly ipam?: { readonly config?: readonly { readonly subnet?: string }[] };
}

export interface Composition {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks?: Readonly<Record<string, Network>>;
  readonly secrets?: Readonly<Record<string, { readonly file?: string }>>;
}

/** A setting of the gateway's, as it was written, and where. */
export interface GatewaySetting {
  readonly value: string | number | boolean | readonly string[];
  readonly source: string;
}

/** What runs together: the two services, what the gateway goes by inside the one, and nginx inside the other. */
export interface Deployment {
  readonly app: Service;
  readonly nginx: Service;
  readonly composition: Composition;
  readonly gateway: Readonly<Record<string, GatewaySetting>>;
  readonly directives: readonly Directive[];
}

/** Why there is nothing to compare. */
export class NotCompared extends Error {
  override readonly name = 'NotCompared';
}

const COMPOSE_FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];

/**
 * Asks Compose and the gateway themselves: what they make of .env, overrides, anchors and files is theirs
 * to know. Undefined where there is no Compose file, as in the image.
 *
 * @throws {NotCompared} where one of them does not answer.
 */
export async function readDeployment(): Promise<Deployment | undefined> {
  if (!COMPOSE_FILES.some((name) => existsSync(resolve(name)))) return undefined;
  const config = await ask('docker', ['compose', 'config', '--format', 'json']);
  const composition = JSON.parse(config) as Composition;
  const { app, nginx } = composition.services;
  if (app === undefined || nginx === undefined) {
    throw new NotCompared('there are no services named app and nginx');
  }
  const gateway = await askGateway(app);
  return { app, nginx, composition, gateway, directives: readNginxFolder(environmentOf(nginx)) };
}

/** The variables of a service that have a value. */
export function environmentOf({ environment = {} }: Service): Record<string, string> {
  const entries = Object.entries(environment).filter(([, value]) => value !== null);
  return Object.fromEntries(entries) as Record<string, string>;
}

/** What the container starts, with its environment, but to be told of the settings. */
export async function askGateway(app: Service): Promise<Deployment['gateway']> {
  const words = app.command ?? commandOfImage(app) ?? [];
  const index = words.findIndex((word) => /(?:^|\/)gateway$/.test(word));
  if (index === -1) throw new NotCompared('the command of the service app is not the gateway');
  const args = [findGateway(), '--print-config', ...words.slice(index + 1)];
  const env = { PATH: process.env['PATH'], ...environmentOf(app) };
  return parseSettings(await ask(process.execPath, [...process.execArgv, ...args], env));
}

/** CMD of the stage that the service is built to. */
function commandOfImage({ build }: Service): string[] | undefined {
  const file = build && resolve(build.context, build.dockerfile);
  if (file === undefined || !existsSync(file)) return undefined;
  const stages = readFileSync(file, 'utf8').split(/^FROM /m);
  const stage = stages.findLast(
    (text) => build?.target === undefined || isNamed(text, build.target),
  );
  const command = Array.from(
    (stage ?? '').matchAll(/^CMD (\[.*\])$/gm),
    ([, list = '']) => list,
  ).at(-1);
  return command === undefined ? undefined : (JSON.parse(command) as string[]);
}

function isNamed(stage: string, name: string): boolean {
  return stage.slice(0, stage.indexOf('\n')).trimEnd().endsWith(` AS ${name}`);
}

/** Of lines such as `timeout = 30  (the defaults)`. */
function parseSettings(text: string): Record<string, GatewaySetting> {
  const lines = text.matchAll(/^(\w+) = (.*) {2}\((.*)\)$/gm);
  return Object.fromEntries(
    Array.from(lines, ([, name = '', shown = '', source = '']) => [
      name,
      { value: valueOf(shown), source },
    ]),
  );
}

function valueOf(shown: string): GatewaySetting['value'] {
  try {
    return JSON.parse(shown) as GatewaySetting['value'];
  } catch {
    return shown;
  }
}

const NAMES: Readonly<Record<string, string>> = {
  docker: 'docker compose config',
  kubectl: 'kubectl kustomize',
};

/** @throws {NotCompared} where the command fails. */
export async function ask(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, args, { cwd: process.cwd(), env });
    return stdout;
  } catch (error) {
    const { code, stderr = '' } = error as { code?: unknown; stderr?: string };
    const why =
      code === 'ENOENT' ? 'it is not installed' : (stderr.trim().split('\n').at(-1) ?? '');
    const shown =
      command === process.execPath ? 'gateway --print-config' : (NAMES[command] ?? command);
    throw new NotCompared(`${shown} does not answer: ${why || String(error)}`, { cause: error });
  }
}
