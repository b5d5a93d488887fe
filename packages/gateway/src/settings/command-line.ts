import { parseArgs, type ParseArgsConfig, type ParseArgsOptionsConfig } from 'node:util';
import { closestMatch } from 'leven';
import { messageOf, UsageError } from '../errors.ts';
import { settingEntries, variableOf } from './catalogue.ts';

/** What the command line asks for; the values are still text. */
export interface CommandLine {
  readonly command: 'serve' | (typeof COMMANDS)[number];
  /** `MODULE[:ATTRIBUTE]`. */
  readonly applicationName: string | undefined;
  readonly configFile: string | undefined;
  readonly values: Readonly<Record<string, unknown>>;
  /** Of GATEWAY_CMD_ARGS, which the others win over. */
  readonly inheritedValues: Readonly<Record<string, unknown>>;
  /** Of the variables such as GATEWAY_MAX_REQUESTS. */
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Of several the first counts. */
const COMMANDS = ['help', 'version', 'print-config', 'check-config'] as const;

type Options = Readonly<Record<string, unknown>>;

/** More of the command line, from the environment. */
const VARIABLE = 'GATEWAY_CMD_ARGS';
/** What workers are told, and what CGI calls so. */
const OTHER_VARIABLES = [VARIABLE, 'GATEWAY_SECRET', 'GATEWAY_WORKER', 'GATEWAY_INTERFACE'];

/**
 * Reads the arguments over those in GATEWAY_CMD_ARGS.
 *
 * @throws {UsageError}
 */
export function readCommandLine(args: string[], environment: NodeJS.ProcessEnv): CommandLine {
  const inherited = parseInherited(environment[VARIABLE] ?? '');
  const given = parseWords({ args, options: OPTIONS, allowPositionals: true });
  const options = { ...inherited.values, ...given.values };
  const [applicationName, ...extra] =
    given.positionals.length > 0 ? given.positionals : inherited.positionals;
  if (extra.length > 0) {
    throw new UsageError(`one application at a time: what is '${extra.join(' ')}'?`);
  }
  return {
    command: COMMANDS.find((name) => options[name] === true) ?? 'serve',
    applicationName,
    configFile: typeof options['config'] === 'string' ? options['config'] : undefined,
    values: settingsIn(given.values),
    inheritedValues: settingsIn(inherited.values),
    variables: settingsInVariables(environment),
  };
}

/** As on the command line, but that a switch is true or false. Empty ones count as unset. */
function settingsInVariables(environment: NodeJS.ProcessEnv): Options {
  return Object.fromEntries(
    settingEntries().map(([name, { flags }]) => {
      const text = environment[variableOf(name)] || undefined;
      const isSwitch = flags.value === undefined && /^(?:true|false)$/.test(text ?? '');
      return [name, isSwitch ? text === 'true' : text];
    }),
  );
}

/** Those that are named as if a setting came from them; one of Kubernetes is about a service of that name. */
export function unknownVariables(environment: NodeJS.ProcessEnv): string[] {
  const known = [...settingEntries().map(([name]) => variableOf(name)), ...OTHER_VARIABLES];
  return Object.keys(environment)
    .filter((name) => /^GATEWAY_(?!(?:PORT|SERVICE)(?:_|$))/.test(name) && !known.includes(name))
    .map((name) => {
      const suggestion = closest(name, known);
      return `${name} is not read.${suggestion ? ` Did you mean ${suggestion}?` : ''}`;
    });
}

function settingsIn(options: Options): Options {
  return Object.fromEntries(
    settingEntries().map(([name, { flags }]) => [name, options[flags.long]]),
  );
}

function parseInherited(text: string): { values: Options; positionals: string[] } {
  try {
    return parseWords({ args: splitWords(text), options: OPTIONS, allowPositionals: true });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${VARIABLE}: ${error.message}`, { cause: error });
  }
}

const OPTIONS: ParseArgsOptionsConfig = {
  config: { type: 'string', short: 'c' },
  'check-config': { type: 'boolean' },
  'print-config': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
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
export function parseWords<const Config extends ParseArgsConfig>(
  config: Config,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    const message = messageOf(error);
    const [, option] = /^Unknown option '(-[^']*)'/.exec(message) ?? [];
    const known = Object.keys(config.options ?? {});
    throw new UsageError(option === undefined ? message : explainUnknown(option, known), {
      cause: error,
    });
  }
}

/** Node's own words advise on arguments that begin with a hyphen. */
function explainUnknown(option: string, known: readonly string[]): string {
  const instead = insteadOf(option);
  if (instead !== undefined) return `There is no '${option}': ${instead}.`;
  const name = option.replace(/^-+/, '');
  const suggestion = closest(name, known);
  return `Unknown option '${option}'.${suggestion ? ` Did you mean '--${suggestion}'?` : ''}`;
}

// word = 1*( "'" *( not "'" ) "'" / DQUOTE *( not DQUOTE / escape ) DQUOTE / escape / other )
const WORD = /(?:'[^']*'|"(?:\\[^]|[^"\\])*"|\\[^]|[^\s'"\\])+/g;
const QUOTED = /'([^']*)'|"((?:\\[^]|[^"\\])*)"|\\([^])/g;

/** As a POSIX shell splits words (XCU 2.2), with nothing expanded. */
function splitWords(text: string): string[] {
  const rest = text.replace(WORD, '').trim();
  if (rest !== '') throw new UsageError(`the ${rest[0]} in it has no end`);
  return (text.match(WORD) ?? []).map(unquote);
}

function unquote(word: string): string {
  return word.replace(
    QUOTED,
    (_, single?: string, double?: string, escaped?: string) =>
      single ?? double?.replace(/\\([\\"$`\n])/g, '$1') ?? escaped ?? '',
  );
}

/** Options and settings of Gunicorn that are not here, and what takes their place. */
export const ABSENT: readonly (readonly [options: readonly string[], instead: string])[] =
  Object.entries({
    '--threads -k --worker-class --worker-connections':
      'a worker serves many requests at once; --limit-in-flight bounds them',
    '--preload': 'each worker loads the application, so that HUP brings new code',
    '--reuse-port': 'workers share the sockets of the arbiter, so that none is lost with a worker',
    '--sendfile --no-sendfile': 'what nginx can serve by itself does not come here',
    '--worker-tmp-dir': 'heartbeats are kept in memory',
    '--reload-engine --reload-extra-file': '--reload watches the sources',
    '-D --daemon': 'a container or a service manager keeps it running',
    '-u --user -g --group --initgroups':
      'the container or the service manager starts it as that user: USER, User=',
    '-p --pid pidfile': 'a container or a service manager knows the process and signals it',
    '--certfile --keyfile --ca-certs --ciphers --ssl-version --cert-reqs':
      'TLS ends at the proxy in front',
    '--statsd-host --statsd-prefix --dogstatsd-tags':
      '--metrics-bind serves the metrics to Prometheus',
    '--log-config --log-config-dict --log-config-json --logger-class --log-syslog --log-syslog-to':
      'logs are lines of JSON on standard output and error, for what collects them there',
    '--capture-output': 'what an application prints goes where the logs go',
    '--error-logfile --log-file errorlog':
      "the gateway's own log is standard error, which may lead to a file",
    '--access-logformat access_log_format': 'each request is one line of JSON on standard output',
    '--no-control-socket': 'it is --control-socket none',
    '--control-socket-mode': 'the mode of the control socket is always 0600',
    '--proxy-protocol --proxy-allow-from': 'nginx speaks it, where a balancer connects',
    '--uwsgi-allow-from': 'the peers in --forwarded-allow-ips may speak uwsgi',
    '--header-map --forwarder-headers':
      'fields with an underscore in their name are dropped; --root-path says where the application is mounted',
    '--secure-scheme-headers':
      'X-Forwarded-Proto of the peers in --forwarded-allow-ips says whether the client came over https',
    '--permit-unconventional-http-method --casefold-http-method --strip-header-spaces':
      'a request is what RFC 9110 and 9112 say',
  }).map(([options, instead]) => [options.split(' '), instead]);

/** What takes the place of an option, as it stands on a command line, or of a setting. */
export function insteadOf(option: string): string | undefined {
  return ABSENT.find(([options]) => options.includes(option))?.[1];
}

/** The known name that was probably meant. */
export function closest(name: string, known: readonly string[]): string | undefined {
  return closestMatch(name, known, { maxDistance: Math.max(2, name.length / 3) });
}
