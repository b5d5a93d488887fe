import { isDeepStrictEqual } from 'node:util';
import { ConfigError } from '../errors.ts';
import type { ServerHooks } from '../hooks.ts';
import {
  fromEnvironment,
  settingEntries,
  variableOf,
  type Config,
  type Settings,
} from './catalogue.ts';
import type { CommandLine } from './command-line.ts';
import { findConfigFile, readConfigFile, type ConfigFile } from './config-file.ts';
import { show, ValueError, type Setting } from './values.ts';

/** All that was said about how to serve, read once. */
export interface LoadedConfig {
  readonly config: Config;
  /** Those of the configuration file. */
  readonly hooks: ServerHooks;
  /** Where each value stands; the first one wins. */
  readonly sources: readonly Source[];
  /** Looks for the file and reads all again, from where the gateway was started. */
  readonly reload: () => Promise<Config>;
}

/** Where values stand: the command line, a variable, a file, the defaults. */
interface Source {
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Defaults, then variables such as PORT, then the configuration file, then variables such as
 * GATEWAY_MAX_REQUESTS, then GATEWAY_CMD_ARGS, then the command line: the last one wins.
 *
 * @throws {ConfigError} naming each bad setting, its value, where it stands and what is expected.
 */
export async function loadConfig(
  commandLine: CommandLine,
  environment: NodeJS.ProcessEnv,
): Promise<LoadedConfig> {
  const { applicationName } = commandLine;
  if (applicationName === undefined) {
    throw new ConfigError('No application to serve: name one, as in `gateway myproject.wsgi`.');
  }
  const read = async (): Promise<Omit<LoadedConfig, 'reload'>> => {
    const configFile = findConfigFile(commandLine, applicationName);
    const file = await readConfigFile(configFile);
    const sources = sourcesOf(commandLine, configFile, file, environment);
    const config = { ...parseSettings(sources), applicationName, configFile };
    return { config, hooks: file.hooks, sources };
  };
  return { ...(await read()), reload: async () => (await read()).config };
}

function sourcesOf(
  commandLine: CommandLine,
  configFile: string | undefined,
  { values }: ConfigFile,
  environment: NodeJS.ProcessEnv,
): Source[] {
  const defaults = settingEntries().map(([name, setting]) => [name, setting.default()] as const);
  return [
    { name: 'the command line', values: commandLine.values },
    { name: 'GATEWAY_CMD_ARGS', values: commandLine.inheritedValues },
    ...settingEntries().map(([name]) => ({
      name: variableOf(name),
      values: { [name]: commandLine.variables[name] },
    })),
    { name: configFile ?? '', values },
    ...settingEntries().map(([name, setting]) => ({
      name: setting.variable?.name ?? '',
      values: { [name]: fromEnvironment(setting, environment) },
    })),
    { name: 'the defaults', values: Object.fromEntries(defaults) },
  ];
}

function parseSettings(sources: readonly Source[]): Settings {
  const problems: string[] = [];
  const parsed: Record<string, unknown> = {};
  for (const [name, setting] of settingEntries()) {
    const { value, source } = find(name, sources);
    try {
      parsed[name] = setting.parse(value);
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      const shown = showSetting(setting, value);
      problems.push(`${name} is ${shown} in ${source}: expected ${error.message}.`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return parsed as unknown as Settings;
}

function find(name: string, sources: readonly Source[]): { value: unknown; source: string } {
  const source = sources.find(({ values }) => values[name] !== undefined);
  return { value: source?.values[name], source: source?.name ?? '' };
}

/** The text of `--print-config`: each setting, its value as it was written, and where. */
export function describeConfig({ sources }: LoadedConfig): string {
  const lines = settingEntries().map(([name, setting]) => {
    const { value, source } = find(name, sources);
    return `${name} = ${showSetting(setting, value)}  (${source})\n`;
  });
  return lines.join('');
}

function showSetting({ hasSecrets }: Setting<unknown>, value: unknown): string {
  return show(hasSecrets ? [value].flat().map(withoutSecret) : value);
}

function withoutSecret(entry: unknown): string {
  return typeof entry === 'string'
    ? entry.replace(/=[^]*/, '=…')
    : `a value of type ${typeof entry}`;
}

/** Settings of the arbiter itself, which a reload cannot change. */
export const SETTLED_SETTINGS = [
  'bind',
  'controlSocket',
  'loglevel',
  'metricsBind',
  'procName',
  'protocol',
  'reload',
  'umask',
] as const satisfies readonly (keyof Settings)[];

/** Those of them that were changed in vain. */
export function changedInVain(settled: Config, read: Config): string[] {
  return SETTLED_SETTINGS.filter((name) => !isDeepStrictEqual(settled[name], read[name]));
}
