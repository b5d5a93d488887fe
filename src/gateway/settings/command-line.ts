import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { settingEntries } from './catalogue.ts';
import type { Settings } from './settings.ts';

/** What the command line asks for; the values are still text. */
export interface CommandLine {
  readonly command: 'serve' | 'help' | 'version' | 'check-config' | 'print-config';
  /** `MODULE[:ATTRIBUTE]`. */
  readonly applicationName: string | undefined;
  readonly configFile: string | undefined;
  readonly values: Readonly<Record<string, unknown>>;
}

/** The command line cannot be understood: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Reads the arguments over those in GATEWAY_CMD_ARGS.
 *
 * @throws {UsageError}
 */
export function readCommandLine(args: string[], environment: NodeJS.ProcessEnv): CommandLine {
  const inheritedWords = splitWords(environment['GATEWAY_CMD_ARGS'] ?? '');
  const inherited = parseWords(inheritedWords, OPTIONS, true);
  const given = parseWords(args, OPTIONS, true);
  const options = { ...inherited.values, ...given.values };
  const [applicationName, ...extra] =
    given.positionals.length > 0 ? given.positionals : inherited.positionals;
  if (extra.length > 0) {
    throw new UsageError(`one application at a time: what is '${extra.join(' ')}'?`);
  }
  return {
    command: commandOf(options),
    applicationName,
    configFile: typeof options['config'] === 'string' ? options['config'] : undefined,
    values: Object.fromEntries(
      settingEntries()
        .filter(([, { flags }]) => options[flags.long] !== undefined)
        .map(([name, { flags }]): [keyof Settings, unknown] => [name, options[flags.long]]),
    ),
  };
}

const SWITCHES: ParseArgsOptionsConfig = {
  config: { type: 'string', short: 'c' },
  'check-config': { type: 'boolean' },
  'print-config': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
};

const OPTIONS: ParseArgsOptionsConfig = {
  ...SWITCHES,
  ...Object.fromEntries(
    settingEntries().map(([, { flags, isList }]) => [
      flags.long,
      {
        type: flags.value === undefined ? ('boolean' as const) : ('string' as const),
        multiple: isList ?? false,
        ...(flags.short === undefined ? {} : { short: flags.short }),
      },
    ]),
  ),
};

/**
 * Splits words into options and the rest.
 *
 * @throws {UsageError}
 */
export function parseWords(
  args: string[],
  options: ParseArgsOptionsConfig,
  allowPositionals: boolean,
): { values: Record<string, unknown>; positionals: string[] } {
  try {
    return parseArgs({ args, options, allowPositionals });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function commandOf(options: Readonly<Record<string, unknown>>): CommandLine['command'] {
  if (options['help'] === true) return 'help';
  if (options['version'] === true) return 'version';
  if (options['print-config'] === true) return 'print-config';
  return options['check-config'] === true ? 'check-config' : 'serve';
}

function splitWords(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
