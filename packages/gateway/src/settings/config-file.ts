import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { moduleFileOf } from '../application.ts';
import { ConfigError } from '../errors.ts';
import { HOOK_NAMES, type ServerHooks } from '../hooks.ts';
import { CATALOGUE, type Settings } from './catalogue.ts';
import { closest, insteadOf, type CommandLine } from './command-line.ts';
import { show, START_DIRECTORY } from './values.ts';

/** What a `gateway.config.ts` exports as its default: settings by name, and server hooks. */
export type GatewayConfig = ServerHooks & {
  readonly [Name in keyof Settings]?: ConfigValue<Settings[Name]>;
};

type ConfigValue<T> = T extends string | number | boolean ? T : string | readonly string[];

/** A configuration file as it was read. */
export interface ConfigFile {
  /** By name, as they stand there; the hooks, too. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly hooks: ServerHooks;
}

/**
 * The file that `--config` names, else `gateway.config` beside the application's module, if there: the
 * one to which links lead now.
 */
export function findConfigFile(
  { configFile: named, values, inheritedValues, variables }: CommandLine,
  applicationName: string,
): string | undefined {
  if (named !== undefined) {
    const file = resolve(START_DIRECTORY, named);
    if (!existsSync(file)) throw new ConfigError(`No configuration file ${file}.`);
    return realpathSync(file);
  }
  // The application is loaded from there, too.
  const chdir = values['chdir'] ?? inheritedValues['chdir'] ?? variables['chdir'];
  const folder = resolve(START_DIRECTORY, typeof chdir === 'string' ? chdir : '.');
  const module = moduleFileOf(applicationName, folder);
  if (module === undefined) return undefined;
  const beside = join(dirname(module), `gateway.config${extname(module)}`);
  return existsSync(beside) ? realpathSync(beside) : undefined;
}

/**
 * Reads a configuration file, which may change afterwards; nothing stands in one that is not there.
 *
 * @throws {ConfigError} where it cannot be read, or has what is no setting and no hook.
 */
export async function readConfigFile(file: string | undefined): Promise<ConfigFile> {
  if (file === undefined) return { values: {}, hooks: {} };
  const exported = await importDefault(file);
  if (typeof exported !== 'object' || exported === null) {
    const what =
      exported === undefined ? 'no default export' : `${show(exported)} as its default export`;
    throw new ConfigError(`${file} has ${what}: expected an object of settings.`);
  }
  const entries = Object.entries(exported);
  const problems = entries.flatMap(([name, value]) => problemWith(name, value, file) ?? []);
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  const hooks = entries.filter(([name]) => HOOK_NAMES.includes(name));
  return { values: Object.fromEntries(entries), hooks: Object.fromEntries(hooks) };
}

function problemWith(name: string, value: unknown, file: string): string | undefined {
  if (!KNOWN.includes(name)) return `${file}: ${explainUnknown(name)}`;
  if (!HOOK_NAMES.includes(name) || value === undefined || typeof value === 'function') {
    return undefined;
  }
  return `${name} is ${show(value)} in ${file}: expected a function.`;
}

const KNOWN: readonly string[] = [...Object.keys(CATALOGUE), ...HOOK_NAMES];

/** Names are often Gunicorn's as they stand there: `worker_class`. */
function explainUnknown(name: string): string {
  const gunicorns = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const instead = insteadOf(gunicorns) ?? insteadOf(`--${gunicorns.replaceAll('_', '-')}`);
  if (instead !== undefined) return `there is no setting ${name}: ${instead}.`;
  const suggestion = closest(name, KNOWN);
  return suggestion === undefined
    ? `unknown setting ${name}. Known are: ${KNOWN.join(', ')}.`
    : `unknown setting ${name}. Did you mean ${suggestion}?`;
}

/** Modules are cached by their URL: the time of the last change makes an edited file a new one. */
async function importDefault(file: string): Promise<unknown> {
  try {
    const url = `${pathToFileURL(file).href}?changed=${statSync(file).mtimeMs}`;
    return ((await import(url)) as { default?: unknown }).default;
  } catch (error) {
    throw new ConfigError(`${file} cannot be read:\n${placeOf(error)}`, { cause: error });
  }
}

/** With the file and the line, which may be those of a module that it imports; not with Node's own, and ours. */
function placeOf(error: unknown): string {
  const stack = error instanceof Error ? error.stack : undefined;
  const [inFile = ''] = (stack ?? String(error)).split(/\n +at async importDefault /);
  const lines = inFile.split('\n');
  return lines.filter((line) => !/^ +at .*node:internal/.test(line)).join('\n');
}
