import { existsSync, statSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { closestMatch } from 'leven';
import { resolveModuleName } from '../wsgi/names.ts';
import { splitName } from './application.ts';
import { HOOK_NAMES, type ServerHooks } from './hooks.ts';
import { importFile } from './import-file.ts';
import { insteadOf } from './settings/absent.ts';
import { CATALOGUE, fromEnvironment, settingEntries, type Settings } from './settings/catalogue.ts';
import type { CommandLine } from './settings/command-line.ts';
import { ValueError } from './settings/setting-values.ts';

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

/** Where values stand: the command line, a variable, a file, the defaults. */
export interface Source {
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Defaults, then variables such as PORT, then the configuration file, then GATEWAY_CMD_ARGS, then the
 * command line: the last one wins.
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
  const configFile = findConfigFile(commandLine, applicationName);
  return readConfig({ applicationName, configFile }, commandLine, environment);
}

/**
 * Reads all again for what is served already. The file is the one that was found at the start, as the
 * process may have changed its directory since.
 *
 * @throws {ConfigError} as `loadConfig`.
 */
export async function readConfig(
  { applicationName, configFile }: Pick<Config, 'applicationName' | 'configFile'>,
  commandLine: CommandLine,
  environment: NodeJS.ProcessEnv,
): Promise<Config> {
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
    return `${name} = ${showSetting(name, source)}  (${source?.name})\n`;
  });
  return lines.join('');
}

async function readSources(
  commandLine: CommandLine,
  configFile: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<Source[]> {
  const defaults = settingEntries().map(([name, setting]) => [name, setting.default()]);
  return [
    { name: 'the command line', values: commandLine.values },
    { name: 'GATEWAY_CMD_ARGS', values: commandLine.inheritedValues },
    ...(configFile === undefined
      ? []
      : [{ name: configFile, values: await readConfigFile(configFile) }]),
    ...settingEntries().map(([name, setting]) => ({
      name: setting.variable?.name ?? '',
      values: { [name]: fromEnvironment(setting, environment) },
    })),
    { name: 'the defaults', values: Object.fromEntries(defaults) as Source['values'] },
  ];
}

function parseSettings(sources: readonly Source[]): Settings {
  const problems: string[] = [];
  const parsed: Record<string, unknown> = {};
  const complain = (name: string, expected: string): void => {
    const source = sourceOf(name, sources);
    problems.push(
      `${name} is ${showSetting(name, source)} in ${source?.name}: expected ${expected}.`,
    );
  };
  for (const [name, setting] of settingEntries()) {
    try {
      parsed[name] = setting.parse(sourceOf(name, sources)?.values[name]);
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      complain(name, error.message);
    }
  }
  const settings = parsed as unknown as Settings;
  if (problems.length === 0) {
    for (const name of withoutFolder(settings)) complain(name, 'a file in a folder that is there');
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return settings;
}

/** Those files that cannot be made. Paths are relative to `chdir`: '-' and 'none' lie in it too. */
function withoutFolder(settings: Settings): string[] {
  const files = (['pidfile', 'accesslog', 'errorlog'] as const).filter((name) => settings[name]);
  return files.filter((name) => !existsSync(dirname(resolve(settings.chdir, settings[name]))));
}

function showSetting(name: string, source: Source | undefined): string {
  const value = source?.values[name];
  const setting = settingEntries().find(([other]) => other === name)?.[1];
  return show(setting?.hasSecrets ? [value].flat().map(withoutSecret) : value);
}

function withoutSecret(entry: unknown): string {
  return typeof entry === 'string'
    ? entry.replace(/=[^]*/, '=…')
    : `a value of type ${typeof entry}`;
}

/** A value as it is written; texts as JSON, as they may hold anything. */
function show(value: unknown): string {
  const isText = [value].flat().every((one) => typeof one === 'string');
  return isText ? JSON.stringify(value) : inspect(value, { breakLength: Infinity });
}

function sourceOf(name: string, sources: readonly Source[]): Source | undefined {
  return sources.find(({ values }) => values[name] !== undefined);
}

/** The file that `--config` names, else `gateway.config` beside the application's module, if there. */
function findConfigFile(
  { configFile: named, values, inheritedValues }: CommandLine,
  applicationName: string,
): string | undefined {
  if (named !== undefined) {
    if (!existsSync(named)) throw new ConfigError(`No configuration file ${resolve(named)}.`);
    return resolve(named);
  }
  // The application is loaded from there, too.
  const chdir = values['chdir'] ?? inheritedValues['chdir'];
  const folder = typeof chdir === 'string' ? chdir : '.';
  const module = moduleFile(splitName(applicationName)[0], folder);
  if (module === undefined) return undefined;
  const beside = join(dirname(module), `gateway.config${extname(module)}`);
  return existsSync(beside) ? beside : undefined;
}

/** Where no such module is there, loading the application says so. */
function moduleFile(name: string, folder: string): string | undefined {
  try {
    return resolveModuleName(name, folder);
  } catch {
    return undefined;
  }
}

async function readConfigFile(file: string): Promise<Readonly<Record<string, unknown>>> {
  const values = await importDefault(file);
  if (typeof values !== 'object' || values === null) {
    const what =
      values === undefined ? 'no default export' : `${show(values)} as its default export`;
    throw new ConfigError(`${file} has ${what}: expected an object of settings.`);
  }
  const known = [...Object.keys(CATALOGUE), ...HOOK_NAMES];
  const unknown = Object.keys(values).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    const lines = unknown.map((name) => `${file}: ${explainUnknown(name, known)}`);
    throw new ConfigError(lines.join('\n'));
  }
  const settings = values as Readonly<Record<string, unknown>>;
  const noHooks = HOOK_NAMES.filter((name) => !isHook(settings[name]));
  if (noHooks.length > 0) {
    const lines = noHooks.map((name) => `${name} is ${show(settings[name])} in ${file}`);
    throw new ConfigError(lines.map((line) => `${line}: expected a function.`).join('\n'));
  }
  return settings;
}

/** Names are often Gunicorn's as they stand there: `worker_class`. */
function explainUnknown(name: string, known: readonly string[]): string {
  const instead = insteadOf(`--${name.replaceAll('_', '-')}`);
  if (instead !== undefined) return `there is no setting ${name}: ${instead}.`;
  const suggestion = closestMatch(name, known, { maxDistance: Math.max(2, name.length / 3) });
  return suggestion === undefined
    ? `unknown setting ${name}. Known are: ${known.join(', ')}.`
    : `unknown setting ${name}. Did you mean ${suggestion}?`;
}

function isHook(value: unknown): boolean {
  return value === undefined || typeof value === 'function';
}

/** Modules are cached by their URL: the time of the last change makes an edited file a new one. */
async function importDefault(file: string): Promise<unknown> {
  try {
    const url = `${pathToFileURL(file).href}?changed=${statSync(file).mtimeMs}`;
    return (await importFile(url))['default'];
  } catch (error) {
    throw new ConfigError(`${file} cannot be read:\n${placeOf(error)}`, { cause: error });
  }
}

/** With the file and the line, which may be those of a module that it imports; not with Node's own, and ours. */
function placeOf(error: unknown): string {
  const stack = error instanceof Error ? error.stack : undefined;
  const [inFile = ''] = (stack ?? String(error)).split(/\n +at async importFile /);
  const lines = inFile.split('\n');
  return lines.filter((line) => !/^ +at .*node:internal/.test(line)).join('\n');
}
