import { existsSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { importModule, resolveModuleName } from '../wsgi/dotted-name.ts';
import { applicationModule } from './application.ts';
import type { CommandLine } from './settings/command-line.ts';
import { ValueError } from './settings/setting-values.ts';
import { CATALOGUE, settingEntries, type Settings } from './settings/catalogue.ts';

/** What a `gateway.config.ts` exports as its default: settings by name. */
export type GatewayConfig = { readonly [Name in keyof Settings]?: ConfigValue<Settings[Name]> };

type ConfigValue<T> = T extends string | number | boolean ? T : string | readonly string[];

/** The settings, with the application that they are for. */
export interface Config extends Settings {
  readonly applicationName: string;
}

/** The configuration is wrong: exit code 1. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
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
  const file = findConfigFile(commandLine.configFile, applicationName);
  const fileValues = file === undefined ? {} : await readConfigFile(file);
  const settings = parseSettings([
    { name: 'the command line', values: commandLine.values },
    { name: file ?? '', values: fileValues },
    { name: 'the environment', values: defaults(environment) },
  ]);
  return { ...settings, applicationName };
}

interface Source {
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
}

function parseSettings(sources: readonly Source[]): Settings {
  const problems: string[] = [];
  const parsed: Record<string, unknown> = {};
  for (const [name, setting] of settingEntries()) {
    const source = sources.find(({ values }) => values[name] !== undefined);
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

function defaults(environment: NodeJS.ProcessEnv): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    settingEntries().map(([name, setting]) => [name, setting.default(environment)]),
  );
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
  const { default: values } = await importModule(file).catch((error: unknown) => {
    throw new ConfigError(`${file} cannot be read: ${String(error)}`, { cause: error });
  });
  if (typeof values !== 'object' || values === null) {
    throw new ConfigError(`${file} has no default export: expected an object of settings.`);
  }
  const unknown = Object.keys(values).filter((name) => !(name in CATALOGUE));
  if (unknown.length > 0) {
    const known = Object.keys(CATALOGUE).join(', ');
    throw new ConfigError(`${file}: unknown setting ${unknown.join(', ')}. Known are: ${known}.`);
  }
  return values as Readonly<Record<string, unknown>>;
}
