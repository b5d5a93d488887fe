import { existsSync, statSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { resolveModuleName } from '../wsgi/dotted-name.ts';
import { applicationModule } from './application.ts';
import { HOOK_NAMES, type ServerHooks } from './hooks.ts';
import { CATALOGUE, settingEntries } from './settings/catalogue.ts';
import type { CommandLine } from './settings/command-line.ts';
import { ValueError } from './settings/setting-values.ts';
import type { Settings } from './settings/settings.ts';

/** What a `gateway.config.ts` exports as its default: settings by name, and server hooks. */
export type GatewayConfig = ServerHooks & {
  readonly [Name in keyof Settings]?: ConfigValue<Settings[Name]>;
};

type ConfigValue<T> = T extends string | number | boolean ? T : string | readonly string[];

/** The settings as plain data, and what they are for. */
export interface Config extends Settings {
  readonly applicationName: string;
  readonly configFile: string | undefined;
}

/** The configuration is wrong: exit code 1. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Where values stand: the command line, a file, the defaults. */
export interface Source {
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Defaults, then the configuration file, then the command line: the last one wins.
 *
 * @throws {ConfigError} naming each bad setting, its value, where it stands and what is expected.
 */
export async function loadConfig(
  commandLine: CommandLine,
  environment: NodeJS.ProcessEnv,
): Promise<Config> {
  const { applicationName } = commandLine;
  if (applicationName === undefined) {
    throw new ConfigError('No application to serve: name one, as in `gateway myproject.wsgi`.');
  }
  const configFile = findConfigFile(commandLine.configFile, applicationName);
  const settings = parseSettings(await readSources(commandLine, configFile, environment));
  return { ...settings, applicationName, configFile };
}

/** The hooks in the configuration file. */
export async function loadHooks(configFile: string | undefined): Promise<ServerHooks> {
  if (configFile === undefined) return {};
  const values = await readConfigFile(configFile);
  return Object.fromEntries(Object.entries(values).filter(([name]) => HOOK_NAMES.includes(name)));
}

/** The text of `--print-config`: each setting, its value as it was written, and where. */
export async function describeConfig(
  commandLine: CommandLine,
  config: Config,
  environment: NodeJS.ProcessEnv,
): Promise<string> {
  const sources = await readSources(commandLine, config.configFile, environment);
  const lines = settingEntries().map(([name]) => {
    const source = sourceOf(name, sources);
    return `${name} = ${JSON.stringify(source?.values[name])}  (${source?.name})\n`;
  });
  return lines.join('');
}

async function readSources(
  commandLine: CommandLine,
  configFile: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<Source[]> {
  const defaults = settingEntries().map(([name, setting]) => [name, setting.default(environment)]);
  return [
    { name: 'the command line', values: commandLine.values },
    ...(configFile === undefined
      ? []
      : [{ name: configFile, values: await readConfigFile(configFile) }]),
    { name: 'the defaults', values: Object.fromEntries(defaults) as Source['values'] },
  ];
}

function parseSettings(sources: readonly Source[]): Settings {
  const problems: string[] = [];
  const parsed: Record<string, unknown> = {};
  for (const [name, setting] of settingEntries()) {
    const source = sourceOf(name, sources);
    try {
      parsed[name] = setting.parse(source?.values[name]);
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      const value = JSON.stringify(source?.values[name]);
      problems.push(`${name} is ${value} in ${source?.name}: expected ${error.message}.`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return parsed as unknown as Settings;
}

function sourceOf(name: string, sources: readonly Source[]): Source | undefined {
  return sources.find(({ values }) => values[name] !== undefined);
}

/** The file that `--config` names, else `gateway.config` beside the application's module, if there. */
function findConfigFile(named: string | undefined, applicationName: string): string | undefined {
  if (named !== undefined) {
    if (!existsSync(named)) throw new ConfigError(`No configuration file ${resolve(named)}.`);
    return resolve(named);
  }
  const module = moduleFile(applicationModule(applicationName));
  if (module === undefined) return undefined;
  const beside = join(dirname(module), `gateway.config${extname(module)}`);
  return existsSync(beside) ? beside : undefined;
}

/** Where no such module is there, loading the application says so. */
function moduleFile(name: string): string | undefined {
  try {
    return resolveModuleName(name);
  } catch {
    return undefined;
  }
}

async function readConfigFile(file: string): Promise<Readonly<Record<string, unknown>>> {
  const values = await importDefault(file);
  if (typeof values !== 'object' || values === null) {
    throw new ConfigError(`${file} has no default export: expected an object of settings.`);
  }
  const known = [...Object.keys(CATALOGUE), ...HOOK_NAMES];
  const unknown = Object.keys(values).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new ConfigError(
      `${file}: unknown setting ${unknown.join(', ')}. Known are: ${known.join(', ')}.`,
    );
  }
  return values as Readonly<Record<string, unknown>>;
}

/** Modules are cached by their URL: the time of the last change makes an edited file a new one. */
async function importDefault(file: string): Promise<unknown> {
  const url = `${pathToFileURL(file).href}?changed=${statSync(file).mtimeMs}`;
  try {
    const module: { default?: unknown } = await import(url);
    return module.default;
  } catch (error) {
    throw new ConfigError(`${file} cannot be read: ${String(error)}`, { cause: error });
  }
}
